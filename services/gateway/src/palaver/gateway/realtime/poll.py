"""One long poll: a connection whose wire collects what is sent until there is something to answer."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from palaver.gateway.realtime.cursor import Cursor
from palaver.gateway.realtime.digest import Digest


class Poll:
    """A `Wire` that takes what comes until it is `max_bytes`. Entries are answered at once, text is gathered."""

    def __init__(self, cursor: Cursor | None, *, gather_seconds: float, max_bytes: int) -> None:
        self.on_writable: Callable[[], None] | None = None
        self._digest = Digest(cursor)
        self._gather_seconds = gather_seconds
        self._max_bytes = max_bytes
        self._collected_bytes = 0
        self._gathering = False
        self._due = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return once there is something to answer, or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._due.wait()

    @property
    def frames(self) -> list[bytes]:
        """The answer."""
        return self._digest.frames

    @property
    def cursor(self) -> Cursor | None:
        """From where the client asks on; None if it has got nothing yet."""
        return self._digest.cursor

    def finish(self) -> None:
        """Answer now: the client has gone, or the server stops."""
        self._due.set()

    # ---- Wire ------------------------------------------------------------------------------------------------------
    @property
    def is_writable(self) -> bool:
        """See `Wire`."""
        return self._collected_bytes < self._max_bytes

    @property
    def buffered_bytes(self) -> int:
        """See `Wire`."""
        return self._collected_bytes

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """See `Wire`."""
        for frame in frames:
            self._collected_bytes += len(frame)
            weight = self._digest.take(frame)
            if weight == "news":
                self._due.set()
            elif weight == "text" and not self._gathering:
                self._gathering = True
                asyncio.get_running_loop().call_later(self._gather_seconds, self._due.set)
        if not self.is_writable:
            self._due.set()

    def close(self, code: int, reason: str = "") -> None:  # noqa: ARG002 - the answer says what there is to say
        """See `Wire`."""
        self._due.set()
