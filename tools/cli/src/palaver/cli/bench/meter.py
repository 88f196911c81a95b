"""CPU time and memory of processes, as the kernel counts them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

KIB = 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds used so far, by role."""

    seconds: Mapping[str, float]

    def since(self, earlier: "Reading") -> dict[str, float]:
        """CPU seconds between two readings."""
        return {role: used - earlier.seconds[role] for role, used in self.seconds.items()}


def read(pids: Mapping[str, int]) -> Reading:
    """The CPU time of each role's process and of all its children, ended ones included.

    PostgreSQL has a child for each connection, and they come and go.
    """
    return Reading({role: cpu_seconds(pid) for role, pid in pids.items()})


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children."""
    return sum(map(_used, _family(pid)))


def held_bytes(pids: Iterable[int]) -> int:
    """Memory of processes and their children: what is theirs, and their share of what they have in common (PSS).

    Resident memory (RSS) would count shared pages once for each process. Where the kernel has no PSS: RSS.
    """
    return sum(_held(process.pid) for pid in pids for process in _family(pid))


def _held(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except FileNotFoundError:
        return _resident(pid)
    except ProcessLookupError:
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith("Pss:")), 0)


def _resident(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        ended_children = times.children_user + times.children_system
        return ended_children + (_of_threads(process.pid) or times.user + times.system)
    except psutil.NoSuchProcess:  # a database connection that was closed meanwhile
        return 0.0


def _of_threads(pid: int) -> float | None:
    """Nanosecond counts of the scheduler instead of ticks of 10 ms. Only our servers' threads live on to be counted."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9
    except (OSError, IndexError, ValueError):
        return None
