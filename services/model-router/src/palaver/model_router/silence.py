"""Bounds how long a provider may say nothing. A chunk costs a look at the clock and no timer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class ProviderSilent(Exception):  # noqa: N818 - a fact, not a mistake
    """Nothing was heard for too long."""


class Listener:
    """Remembers when something was heard. Its one timer looks again when the patience since then would be over."""

    __slots__ = ("_gap_seconds", "_heard_at", "_loop", "_scope", "_timer")

    def __init__(self, scope: asyncio.Timeout, first_seconds: float, gap_seconds: float) -> None:
        self._scope = scope
        self._gap_seconds = gap_seconds
        self._loop = asyncio.get_running_loop()
        self._heard_at: float | None = None
        self._timer = self._loop.call_later(first_seconds, self._look)

    def heard(self) -> None:
        """Something came: from now on silence is bounded by the gap."""
        if self._heard_at is None:
            self._timer.cancel()
            self._timer = self._loop.call_later(self._gap_seconds, self._look)
        self._heard_at = self._loop.time()

    def stop(self) -> None:
        """It is over; silence does not matter any more."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        patience_ends = now if self._heard_at is None else self._heard_at + self._gap_seconds
        if patience_ends <= now:
            self._scope.reschedule(now)
        else:
            self._timer = self._loop.call_at(patience_ends, self._look)


@asynccontextmanager
async def listening(first_seconds: float, gap_seconds: float) -> AsyncGenerator[Listener]:
    """What is awaited inside ends with ProviderSilent after `first_seconds`, and once something was heard, after a gap.

    Raises ProviderSilent.
    """
    scope = asyncio.timeout(None)
    try:
        async with scope:
            listener = Listener(scope, first_seconds, gap_seconds)
            try:
                yield listener
            finally:
                listener.stop()
    except TimeoutError:
        if not scope.expired():
            raise
        raise ProviderSilent from None
