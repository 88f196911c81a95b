"""Work that somebody or the clock may end at any of its awaits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

Interruption = Literal["stopped", "lost", "released", "deadline"]
CANCEL_AGAIN_SECONDS = 1.0
"""Longer than any clean-up of a cancelled call. A library may swallow a cancellation: until Python 3.11
`asyncio.wait_for` does when its answer comes at the same moment. A turn that goes on could not be stopped any more."""


class Interrupted(Exception):  # noqa: N818 - a fact, not a mistake
    """Somebody or the clock ended it."""

    def __init__(self, reason: Interruption) -> None:
        super().__init__(reason)
        self.reason: Interruption = reason


class Interruptible:
    """A turn or a side job, as far as it can be ended."""

    def __init__(self) -> None:
        self.interruption: Interruption | None = None
        self._scope: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None

    def interrupt(self, reason: Interruption) -> None:
        """End it at its next await. The first reason counts, except that `lost` overrules: it is not ours."""
        if self.interruption is None or reason == "lost":
            self.interruption = reason
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())
            self._cancel_again_in(CANCEL_AGAIN_SECONDS)

    def raise_if_interrupted(self) -> None:
        """For after something that may have swallowed it. Raises Interrupted."""
        if self.interruption is not None:
            raise Interrupted(self.interruption)

    def _cancel_again_in(self, seconds: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(seconds, self._cancel_again)

    def _cancel_again(self) -> None:
        if self._task is not None:
            self._task.uncancel()  # the scope counts one cancellation as its own, and no more
            self._task.cancel()
            self._cancel_again_in(CANCEL_AGAIN_SECONDS)

    @asynccontextmanager
    async def interruptible(self, deadline_seconds: float) -> AsyncGenerator[None]:
        """What is awaited inside ends by `interrupt`, or after `deadline_seconds`. Raises Interrupted."""
        patience = 0.0 if self.interruption is not None else max(0.0, deadline_seconds)
        scope = asyncio.timeout(patience)
        self._task = asyncio.current_task()
        self._cancel_again_in(patience + CANCEL_AGAIN_SECONDS)
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise Interrupted(self.interruption or "deadline") from None
        finally:
            self._scope = self._task = None
            if self._again is not None:
                self._again.cancel()
