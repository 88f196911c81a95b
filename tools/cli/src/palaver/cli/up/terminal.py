"""What the person at the terminal sees: progress, the ready line, and what died. Logs go to a file instead."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

STDOUT, STDERR = 1, 2
PRIVATE = 0o600


class Terminal:
    """Writes to the standard output of the command, also after the process's own has been sent to a log file."""

    def __init__(self) -> None:
        self._out = os.dup(STDOUT)

    def say(self, line: str) -> None:
        """One line; nothing happens when nobody listens any more, as stopping must go on."""
        with suppress(OSError):
            os.write(self._out, f"{line}\n".encode())

    @contextmanager
    def step(self, title: str) -> Generator[None]:
        """Say what was done and how long it took; several steps may run at once."""
        started = time.monotonic()
        yield
        self.say(f"  {title} · {time.monotonic() - started:.1f} s")


@contextmanager
def output_sent_to(log: Path) -> Generator[None]:
    """Meanwhile, what this process and its libraries print goes to the end of `log`."""
    kept = {stream: os.dup(stream) for stream in (STDOUT, STDERR)}
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    _point(dict.fromkeys(kept, target))
    os.close(target)
    try:
        yield
    finally:
        _point(kept)
        for descriptor in kept.values():
            os.close(descriptor)


def _point(streams: dict[int, int]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for stream, target in streams.items():
        os.dup2(target, stream)
