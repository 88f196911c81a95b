"""What servicekit asks of the things that a service gives it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

Loop: TypeAlias = Callable[[], Awaitable[None]]
"""A long-running coroutine function; it ends by cancellation."""

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Asks a dependency for a sign of life; raises when there is none."""


class Resource(Protocol):
    """Something opened before the first message and closed after the last: a pool, a client, a thread pool.

    `start` must not fail because a dependency is down: a service starts degraded and heals by itself.
    """

    async def start(self) -> None:
        """Open."""
        ...

    async def stop(self) -> None:
        """Close; called once, also when a later resource failed to start."""
        ...
