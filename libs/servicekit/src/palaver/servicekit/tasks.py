"""Owned background tasks: nothing here runs without an owner that can wait for it and end it."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog

from palaver.servicekit.errors import Unavailable
from palaver.servicekit.ports import Loop

_log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
HEALTHY_AFTER_SECONDS = 30.0
"""A loop that ran this long before it raised starts again with the first pause."""
CANCEL_AGAIN_SECONDS = 1.0
"""Longer than any clean-up that a cancelled task does, e.g. giving a database connection back."""


def backoff_seconds(
    failures: int, *, first: float = FIRST_PAUSE_SECONDS, longest: float = LONGEST_PAUSE_SECONDS
) -> float:
    """The pause after the `failures`-th failure in a row, from 1: doubling, capped, ±25 % so that replicas spread."""
    doubled: float = first * 2.0 ** min(failures - 1, 30)
    return min(longest, doubled) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing


class TaskSet:
    """Short tasks of one owner, e.g. the messages a consumer has in work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`; what it raises is logged, for nobody awaits it."""
        task = asyncio.get_running_loop().create_task(work, name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background_task_failed", task=self._name, exc_info=error)

    async def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait until all are done; False if some are not in time. Without a timeout, however long it takes."""
        if not self._tasks:
            return True
        _, late = await asyncio.wait(set(self._tasks), timeout=timeout_seconds)
        return not late

    async def cancel(self) -> None:
        """Cancel what is left and wait for its end."""
        await ended(self._tasks)


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel those that still run, and wait for their end.

    Again and again, for a cancellation can get lost: until Python 3.12, `asyncio.wait_for` (every request of nats-py)
    returns its result where the result and the cancellation come in the same turn of the event loop.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)


async def supervise(name: str, loop: Loop, *, failed: Callable[[], None] = lambda: None) -> None:
    """Run `loop` until it returns; when it raises, say so, pause with growing back-off and run it again.

    This is one of the three places where every exception is caught: a loop that died silently would be worse.
    """
    failures = 0
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await loop()
        except Unavailable as outage:
            failures += 1
            _log.warning("task_waits_for_dependency", task=name, dependency=outage.dependency, reason=outage.reason)
        except Exception as error:  # noqa: BLE001 - supervision: logged and run again
            failures += 1
            _log.error("task_failed", task=name, failures=failures, exc_info=error)
        else:
            return
        failed()
        if asyncio.get_running_loop().time() - began > HEALTHY_AFTER_SECONDS:
            failures = 1
        await asyncio.sleep(backoff_seconds(failures))
