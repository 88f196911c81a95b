"""CPU time and memory of processes, as the kernel counts them (user and system, in ticks of 10 ms)."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil


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
    return Reading({role: sum(map(_used, _family(pid))) for role, pid in pids.items()})


def resident_bytes(pid: int) -> int:
    """Memory that the process holds."""
    return psutil.Process(pid).memory_info().rss


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # a database connection that was closed meanwhile
        return 0.0
    return times.user + times.system + times.children_user + times.children_system
