"""How commands end: expected errors are one sentence and exit status 1."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer

from palaver.cli.errors import CommandError
from palaver.servicekit.embedded import EmbeddedServerError
from palaver.servicekit.errors import NotProvisioned, Unavailable

EXPECTED = (CommandError, EmbeddedServerError, NotProvisioned, Unavailable)


def run(work: Coroutine[Any, Any, int | None]) -> int:
    """To its end; the exit status."""
    return asyncio.run(work) or 0


def told(work: Callable[[], int | None]) -> int:
    """Do the work. Raises typer.Exit after an expected error."""
    try:
        return work() or 0
    except EXPECTED as error:
        sys.stderr.write(f"{error}\n")
    raise typer.Exit(1)
