"""The way of an answer's text to the broker: merged in time, encoded once as client JSON, published unacknowledged.

The first text of a turn leaves at once; after that at most one delta leaves per window (measured: 64 µs a token with a
20 ms window against 80 without, worker to socket). Adding text waits for nothing. One task per process publishes what
is due, and a process that has much to say says it once per tick: a wake-up of the loop, a write to the broker and a
read of each gateway then serve many turns (measured with 100 streams of 50 tokens a second: 40 µs a token in the worker
against 50 with a timer per delta, and a third of the broker's time).
"""

import asyncio
from collections import deque

import nats.errors
from prometheus_client import Counter

from palaver.contracts.deltas import encode_delta
from palaver.model_router.ports import DeltaOutlet, Flushable
from palaver.servicekit.broker import Broker
from palaver.servicekit.figures import Buckets

TICK_SECONDS = 0.005
"""Deltas of all turns that are due in the same tick leave together; short beside the window, which it never prolongs by
more than itself. A process that has said nothing in this tick does not wait for the next one."""


class DeltaFlow:
    """The deltas of one attempt at one turn, in order, each with the count of code points before it."""

    __slots__ = (
        "_attempt",
        "_flushed_at",
        "_loop",
        "_offset",
        "_outlet",
        "_pending",
        "_queued",
        "_subject",
        "_turn_id",
        "_window",
        "gaps",
    )

    def __init__(self, subject: str, turn_id: str, attempt: int, outlet: DeltaOutlet, *, window_seconds: float) -> None:
        self._subject = subject
        self._turn_id = turn_id
        self._attempt = attempt
        self._outlet = outlet
        self._window = window_seconds
        self._loop = asyncio.get_running_loop()
        self._pending: list[str] = []
        self._offset = 0
        self._flushed_at: float | None = None
        self._queued = False
        self.gaps: Buckets | None = None
        """Where the times between deltas are noted, once it is known whose answer this is."""

    def add(self, text: str) -> None:
        """More of the answer: sent now if the window is over, else when it is."""
        self._pending.append(text)
        if not self._queued:
            self._queued = True
            self._outlet.due(self, None if self._flushed_at is None else self._flushed_at + self._window)

    async def flush(self) -> None:
        """Send what waits, as one delta."""
        self._queued = False
        if not self._pending:
            return
        text = "".join(self._pending)
        self._pending.clear()
        offset = self._offset
        self._offset += len(text)
        now = self._loop.time()
        if self.gaps is not None and self._flushed_at is not None:
            self.gaps.note(now - self._flushed_at)
        self._flushed_at = now
        await self._outlet.publish(self._subject, encode_delta(self._turn_id, self._attempt, offset, text))

    async def resend(self, offset: int, text: str) -> None:
        """Say again what may have been lost: all text from `offset` on, as one delta."""
        if text:
            await self._outlet.publish(self._subject, encode_delta(self._turn_id, self._attempt, offset, text))


class BrokerDeltas:
    """The process's one outlet of deltas. `run` is a task of the service."""

    def __init__(self, broker: Broker, sent: Counter, dropped: Counter) -> None:
        self._broker = broker
        self._nc = broker.nc
        self._sent = sent
        self._dropped = dropped
        self._loop = asyncio.get_running_loop()
        self._due: deque[Flushable] = deque()
        self._later: dict[int, list[Flushable]] = {}
        self._spoke_in = 0
        self._wake = asyncio.Event()

    async def publish(self, subject: str, frame: bytes) -> None:
        """See `DeltaOutlet`."""
        # Dropped rather than buffered while the broker is away: after the reconnect each running turn is sent again
        # from its last acknowledged checkpoint, and a full buffer would raise.
        if not self._broker.up:
            self._dropped.inc()
            return
        try:
            await self._nc.publish(subject, frame)
        except nats.errors.Error:
            self._dropped.inc()
        else:
            self._sent.inc()

    def due(self, flow: Flushable, at: float | None) -> None:
        """See `DeltaOutlet`."""
        this_tick = _tick(self._loop.time())
        tick = this_tick if at is None else max(_tick(at), this_tick)
        if at is None or (tick == this_tick and self._spoke_in < this_tick):
            self._due.append(flow)
            self._wake.set()
            return
        tick = max(tick, this_tick + 1)
        if (waiting := self._later.get(tick)) is not None:
            waiting.append(flow)
        else:
            self._later[tick] = [flow]
            self._loop.call_at(tick * TICK_SECONDS, self._begin, tick)

    def _begin(self, tick: int) -> None:
        self._due.extend(self._later.pop(tick))
        self._wake.set()

    async def run(self) -> None:
        """Flush what is due, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                await self._due.popleft().flush()
            self._spoke_in = _tick(self._loop.time())


def _tick(at: float) -> int:
    return int(at / TICK_SECONDS)
