"""What the person at the terminal sees while things are prepared."""

import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LAST_LINES = 15


class StepFailedError(Exception):
    """A preparation step failed; the message is for the person at the terminal."""


@contextmanager
def step(title: str) -> Generator[None]:
    """Say what is being done, and how long it took."""
    sys.stderr.write(f"  {title} … ")
    sys.stderr.flush()
    started = time.monotonic()
    try:
        yield
    except StepFailedError:
        sys.stderr.write("failed\n")
        raise
    sys.stderr.write(f"{time.monotonic() - started:.1f} s\n")


def run(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command quietly and return what it wrote. Raises StepFailedError with its last lines."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(  # noqa: S603 - our own tools with our own arguments
            words, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except OSError as error:
        raise StepFailedError(f"{words[0]} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-LAST_LINES:])
        raise StepFailedError(f"`{' '.join(words[:4])} …` ended with {done.returncode}:\n{tail}")
    return done.stdout
