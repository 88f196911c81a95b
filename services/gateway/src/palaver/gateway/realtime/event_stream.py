"""One client's event stream, sending. What a WebSocket says by its close code, it says by its end."""

import asyncio
import random
from collections.abc import Callable, Sequence

from palaver.contracts.client_protocol import CloseCode
from palaver.gateway.realtime.ports import HttpWire
from palaver.gateway.realtime.server_sent import COMMENT, retry, server_sent

RETRY_MILLISECONDS = (1_000, 3_000)
RESTART_MILLISECONDS = (500, 5_000)
"""Drawn anew for each client, so that those of a gateway that stops do not come back all at once."""


class EventStream:
    """A `Wire` that is silent until the response has begun. `ended` is set once nothing more is sent."""

    def __init__(self, http: HttpWire) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.ended = asyncio.Event()
        self._http = http
        self._begun = False

    def begin(self) -> None:
        """The response's head is out."""
        self._begun = True
        self._http.write(retry(random.randint(*RETRY_MILLISECONDS)))  # noqa: S311 - jitter, not a secret
        self.resume()

    def resume(self) -> None:
        """The socket has drained."""
        if self.on_writable is not None and self.is_writable:
            self.on_writable()

    def comment(self) -> None:
        """Say nothing, audibly."""
        if self.is_writable:
            self._http.write(COMMENT)

    @property
    def is_writable(self) -> bool:
        """See `Wire`."""
        return self._begun and not self.ended.is_set() and self._http.is_writable

    @property
    def buffered_bytes(self) -> int:
        """See `Wire`."""
        return self._http.buffered_bytes

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """See `Wire`."""
        if not self.ended.is_set():
            self._http.write(b"".join(map(server_sent, frames)))

    def close(self, code: int, reason: str = "") -> None:  # noqa: ARG002 - an event stream has no place for a reason
        """See `Wire`; whoever serves the response ends it."""
        if code == CloseCode.RESTARTING and self.is_writable:
            self._http.write(retry(random.randint(*RESTART_MILLISECONDS)))  # noqa: S311 - jitter, not a secret
        self.ended.set()
