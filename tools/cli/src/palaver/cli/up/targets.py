"""Where Prometheus finds the services of this instance: a file of targets, as its `file_sd_configs` reads them.

Ports are chosen anew at every start, so Prometheus is told a file and not the ports.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from palaver.servicekit.embedded import LOOPBACK

JOB = "palaver"


def write_targets(path: Path, health_ports: Mapping[str, int]) -> None:
    """One target per service. Readable by everybody: Prometheus is somebody else, and ports are no secret."""
    groups = [
        {"targets": [f"{LOOPBACK}:{port}"], "labels": {"job": JOB, "service": service}}
        for service, port in sorted(health_ports.items())
    ]
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(groups, indent=2) + "\n", encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(path)  # Prometheus watches it, and must never read half of it
