"""Watches what a service depends on, and tells everybody: once when it changes, and every five seconds while down.

The broadcast is how clients learn that the room is degraded, not dead. That NATS itself is down cannot be broadcast;
each replica sees it by itself.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from palaver.contracts.operations import Dependency, DependencyChanged, dependency_changed
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.metrics import DependencyMetrics
from palaver.servicekit.ports import Check
from palaver.servicekit.service import Kit

CHECK_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
REPEAT_SECONDS = 5.0

Listener = Callable[[Dependency, bool], None]

_log = structlog.get_logger()


class Dependencies:
    """Give its `run` to the service as a task, e.g. `Dependencies(kit, {"postgres": database.ping})`."""

    def __init__(self, kit: Kit, checks: Mapping[Dependency, Check], on_change: Listener | None = None) -> None:
        self._kit = kit
        self._checks = checks
        self._on_change = on_change
        self._subject = dependency_changed(kit.name)
        self._up: dict[str, bool] = dict.fromkeys(checks, True)
        self._said_at: dict[Dependency, float] = {}
        self._metrics = DependencyMetrics(kit.metrics)
        kit.health.dependencies = self._up

    def is_up(self, dependency: Dependency) -> bool:
        """As of the last check, at most `CHECK_SECONDS` + `PATIENCE_SECONDS` old."""
        return self._up[dependency]

    async def run(self) -> None:
        """Check for ever."""
        while True:
            await asyncio.gather(*(self._check(dependency) for dependency in self._checks))
            await asyncio.sleep(CHECK_SECONDS)

    async def _check(self, dependency: Dependency) -> None:
        up = await answers(self._checks[dependency])
        now = asyncio.get_running_loop().time()
        self._metrics.show(dependency, up=up)
        changed = up is not self._up[dependency]
        if changed:
            self._up[dependency] = up
            _log.warning("dependency_changed", dependency=dependency, up=up)
            if self._on_change is not None:
                self._on_change(dependency, up)
        due = not up and now - self._said_at.get(dependency, 0.0) >= REPEAT_SECONDS
        if (changed or due) and self._kit.broker.up:
            self._said_at[dependency] = now
            await self._say(dependency, up=up)

    async def _say(self, dependency: Dependency, *, up: bool) -> None:
        news = DependencyChanged(service=self._kit.name, instance=self._kit.instance, dependency=dependency, up=up)
        try:
            await self._kit.broker.send(self._subject, news)
        except Unavailable:
            self._said_at.pop(dependency, None)


async def answers(check: Check, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether a dependency gives a sign of life in time."""
    try:
        async with asyncio.timeout(patience_seconds):
            await check()
    except (Unavailable, TimeoutError, OSError):
        return False
    return True
