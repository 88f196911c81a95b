"""One client's WebSocket, sending: what is queued goes out when the socket takes it, many frames at a time.

There is no writer task. The first frame queued in a turn of the event loop schedules one flush, which sends everything
that was queued by then; a full socket calls back when it has drained.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from palaver.contracts.client_protocol import CloseCode, LaggingData, LaggingNotice
from palaver.contracts.failures import FailureBody
from palaver.gateway.language import Language
from palaver.gateway.people import Person
from palaver.gateway.realtime.frames import Echo, encode, error
from palaver.gateway.realtime.ports import Wire
from palaver.gateway.realtime.queue import SendQueue
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.settings import RealtimeSettings

if TYPE_CHECKING:
    from palaver.gateway.realtime.attachment import Attachment


NORMAL_CLOSURE = 1000


class Connection:
    """An authenticated client. `attachments` are the sessions it follows, by id.

    One that is `bound` was opened for a single session and ends with it.
    """

    __slots__ = (
        "_flush_scheduled",
        "_loop",
        "_settings",
        "_stalled_bytes",
        "_stalled_since",
        "_traffic",
        "_wire",
        "address",
        "attaching",
        "attachments",
        "bound",
        "closed",
        "expiry_told",
        "id",
        "language",
        "on_drained",
        "person",
        "queue",
    )

    def __init__(
        self,
        connection_id: str,
        person: Person,
        wire: Wire,
        *,
        settings: RealtimeSettings,
        traffic: Traffic,
        on_drained: Callable[["Connection"], None],
        language: Language = "en",
        address: str | None = None,
        bound: bool = False,
    ) -> None:
        self.id = connection_id
        self.person = person
        self.language: Language = language
        self.address = address
        self.bound = bound
        self.attachments: dict[str, Attachment] = {}
        self.attaching = 0
        self.queue = SendQueue(settings.max_queue_bytes)
        self.on_drained = on_drained
        self.closed = False
        self.expiry_told = False
        self._settings = settings
        self._traffic = traffic
        self._loop = asyncio.get_running_loop()
        self._flush_scheduled = False
        self._stalled_since = 0.0
        self._stalled_bytes = 0
        self._wire = wire
        wire.on_writable = self._flush

    # ---- sending ---------------------------------------------------------------------------------------------------
    def send(self, frame: bytes) -> None:
        """Queue a control frame; it overtakes deltas. A client that lets too many pile up is closed as too slow."""
        if self.closed:
            return
        self.queue.put(frame)
        if self.queue.control_bytes > self._settings.max_control_bytes and not self._wire.is_writable:
            self.close_too_slow()
            return
        self._schedule()

    def send_delta(self, frame: bytes) -> None:
        """Queue a delta. When it does not fit, all queued ones are dropped and the client is told that it lags."""
        if not self.queue.fits(frame) and self._wire.is_writable:
            self._flush()  # much came in one turn of the event loop; that is not the client's slowness
        if self.queue.put_delta(frame):
            self._schedule()
            return
        self._traffic.lagging += 1
        self.send(encode(LaggingNotice(data=LaggingData(dropped_bytes=self.queue.dropped_bytes))))

    def refuse(self, body: FailureBody, echo: Echo | None = None) -> None:
        """Tell the client that something was refused, in its language."""
        self._traffic.refusals[body.code] += 1
        self.send(error(echo or Echo(), body))

    def _schedule(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        wire, queue, traffic = self._wire, self.queue, self._traffic
        while not self.closed and wire.is_writable:
            batch = queue.take(self._settings.max_batch_bytes)
            if not batch:
                self._drained()
                return
            wire.send_frames(batch)
            frames = len(batch)
            traffic.batches_sent[(frames - 1).bit_length()] += 1
            traffic.frames_sent += frames
            traffic.bytes_sent += sum(map(len, batch))

    def _drained(self) -> None:
        if self.queue.lagging:
            self._traffic.bytes_dropped += self.queue.dropped_bytes
            self.queue.recover()
            self.on_drained(self)

    # ---- the end ---------------------------------------------------------------------------------------------------
    def close(self, code: int, reason: str = "") -> None:
        """Send what fits at once, then close."""
        if not self.closed:
            self._flush()
            self.closed = True
            self._wire.close(code, reason)

    def close_too_slow(self) -> None:
        """Give up a client that does not read."""
        self._traffic.too_slow += 1
        self.close(CloseCode.TOO_SLOW, "too slow")

    def session_over(self) -> None:
        """A session that it followed has been deleted."""
        if self.bound:
            self.close(NORMAL_CLOSURE, "session deleted")

    def mark_closed(self) -> None:
        """The socket is gone; nothing is sent any more."""
        self.closed = True

    @property
    def is_congested(self) -> bool:
        """Whether frames wait for the socket."""
        return not self.closed and len(self.queue) > 0 and not self._wire.is_writable

    def close_if_stalled(self) -> None:
        """To be called about every second while congested: no byte taken for `stall_seconds` is the end."""
        now, buffered = time.monotonic(), self._wire.buffered_bytes
        if not self.is_congested or buffered < self._stalled_bytes or not self._stalled_since:
            self._stalled_since, self._stalled_bytes = (now if self.is_congested else 0.0), buffered
        elif now - self._stalled_since > self._settings.stall_seconds:
            self.close_too_slow()
