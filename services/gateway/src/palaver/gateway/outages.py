"""What is down at the moment, by the gateway's own view and by what every service says. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from palaver.contracts.operations import Dependency

REPORT_SECONDS = 15.0
"""A service repeats itself every 5 s while something is down; three missed reports end its word."""


@dataclass(frozen=True, slots=True)
class _Report:
    reporter: str
    dependency: Dependency


class Outages:
    """A dependency is down while anybody says so. `on_change` is called when that changes."""

    def __init__(self, on_change: Callable[[Dependency, Literal["down", "up"]], None]) -> None:
        self._on_change = on_change
        self._reports: dict[_Report, float] = {}

    @property
    def down(self) -> set[Dependency]:
        """What is down."""
        return {report.dependency for report in self._reports}

    def report(self, reporter: str, dependency: Dependency, *, up: bool, now: float) -> None:
        """`reporter` is one copy of one service; `now` is a monotonic clock."""
        before = self.down
        if up:
            self._reports.pop(_Report(reporter, dependency), None)
        else:
            self._reports[_Report(reporter, dependency)] = now + REPORT_SECONDS
        self._announce(before)

    def observe(self, dependency: Dependency, *, up: bool) -> None:
        """The gateway's own view, which holds until it changes."""
        self.report("self", dependency, up=up, now=math.inf)

    def expire(self, now: float) -> None:
        """Forget reporters that fell silent, for instance because they ended during the outage."""
        before = self.down
        self._reports = {report: until for report, until in self._reports.items() if until > now}
        self._announce(before)

    def _announce(self, before: set[Dependency]) -> None:
        after = self.down
        for dependency in sorted(after - before):
            self._on_change(dependency, "down")
        for dependency in sorted(before - after):
            self._on_change(dependency, "up")
