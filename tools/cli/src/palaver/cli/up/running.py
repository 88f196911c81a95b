"""What a running instance says about itself to other commands, in a file of its home."""

import json
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel, ConfigDict

from palaver.servicekit.embedded.private_file import write_private


class Running(BaseModel):
    """One running instance; no secrets."""

    model_config = ConfigDict(frozen=True)

    pid: int
    url: str
    health_ports: dict[str, int]
    servers: dict[str, dict[str, Any]]
    simulator_url: str | None = None


def write_running(path: Path, running: Running) -> None:
    """Say that this instance runs."""
    write_private(path, running.model_dump_json(indent=2))


def read_running(path: Path) -> Running | None:
    """The instance of this home, if it is alive."""
    try:
        running = Running.model_validate(json.loads(path.read_text()))
    except (OSError, ValueError):
        return None
    return running if psutil.pid_exists(running.pid) else None
