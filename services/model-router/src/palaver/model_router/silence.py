"""Bounds how long a provider may say nothing, and how long it may talk. A chunk costs a look at the clock, no timer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

Limit = Literal["first_token", "gap", "call"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a provider may be silent, before its first token or thought and then between chunks, and how long a call
    may be."""

    first_token_seconds: float
    gap_seconds: float
    call_seconds: float


class PatienceLost(Exception):  # noqa: N818 - a fact, not a mistake
    """It took too long; `limit` says what."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit: Limit = limit


class Listener:
    """Remembers when something was heard. Its one timer looks again when patience could be over."""

    __slots__ = ("_call_ends", "_heard_at", "_loop", "_patience", "_scope", "_timer", "lost")

    def __init__(self, scope: asyncio.Timeout, patience: Patience) -> None:
        self.lost: Limit = "first_token"
        self._scope = scope
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._heard_at: float | None = None
        began = self._loop.time()
        self._call_ends = began + patience.call_seconds
        self._timer = self._loop.call_at(began + patience.first_token_seconds, self._look)

    def heard(self) -> None:
        """Something came: from now on silence is bounded by the gap."""
        first = self._heard_at is None
        self._heard_at = self._loop.time()
        if first:
            self._timer.cancel()
            self._look()

    def stop(self) -> None:
        """It is over; nothing takes too long any more."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        if self._heard_at is None:
            self._give_up("first_token")
        elif now >= self._call_ends:
            self._give_up("call")
        elif now >= (gap_ends := self._heard_at + self._patience.gap_seconds):
            self._give_up("gap")
        else:
            self._timer = self._loop.call_at(min(gap_ends, self._call_ends), self._look)

    def _give_up(self, limit: Limit) -> None:
        self.lost = limit
        self._scope.reschedule(self._loop.time())


@asynccontextmanager
async def listening(patience: Patience) -> AsyncGenerator[Listener]:
    """What is awaited inside ends when patience does. Raises PatienceLost."""
    scope = asyncio.timeout(None)
    listener: Listener | None = None
    try:
        async with scope:
            listener = Listener(scope, patience)
            try:
                yield listener
            finally:
                listener.stop()
    except TimeoutError:
        if listener is None or not scope.expired():
            raise
        raise PatienceLost(listener.lost) from None
