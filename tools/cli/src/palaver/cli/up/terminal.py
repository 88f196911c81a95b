"""What the person at the terminal sees: progress, the ready line, and what died. Logs go to a file instead."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

STDOUT, STDERR = 1, 2
PRIVATE = 0o600


class Terminal:
    """Writes to the standard output of the command, also after the process's own has been sent to a log file."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(STDOUT), "w", buffering=1)

    def say(self, line: str) -> None:
        """One line."""
        self._out.write(f"{line}\n")
        self._out.flush()

    @contextmanager
    def step(self, title: str) -> Generator[None]:
        """Say what was done and how long it took; several steps may run at once."""
        started = time.monotonic()
        yield
        self.say(f"  {title} · {time.monotonic() - started:.1f} s")


def send_output_to(log: Path) -> None:
    """From now on, what this process and its libraries print goes to the end of `log`."""
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    os.dup2(target, STDOUT)
    os.dup2(target, STDERR)
    os.close(target)
