"""Doing a step only when something it depends on has changed: a stamp file keeps a digest of the inputs."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path], *more: str) -> str:
    """A digest over the names and contents of files, and further facts."""
    summed = hashlib.sha256()
    for fact in more:
        summed.update(fact.encode() + b"\0")
    for file in sorted(files):
        summed.update(str(file).encode() + b"\0")
        summed.update(hashlib.sha256(file.read_bytes()).digest())
    return summed.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    """Whether the step was done for exactly these inputs."""
    return stamp.is_file() and stamp.read_text() == wanted


def mark(stamp: Path, done_for: str) -> None:
    """Remember that the step was done."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(done_for)
