"""A durable consumer at work: messages in, handlers run, the delivery policy applied, acknowledgements out.

This is one of the three places where every exception is caught; the others are `answering.py` and `tasks.supervise`.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, assert_never

import structlog
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ValidationError

from palaver.servicekit.acknowledging import BEATS_PER_ACK_WAIT, said
from palaver.servicekit.dead_letters import bury
from palaver.servicekit.delivery import (
    MAX_DELIVERIES,
    Attempt,
    Exhausted,
    Undeliverable,
    Verdict,
    hold_pause_seconds,
    judge,
    reason_of,
    retry_delay_seconds,
)
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.pull import Pull
from palaver.servicekit.routes import ATTEMPT_LIMIT_SECONDS, Binding, Consume, stem_of
from palaver.servicekit.runtime import Runtime
from palaver.servicekit.tasks import TaskSet
from palaver.servicekit.tracing import context_of

STOP_PULLING_SECONDS = 1.0

_log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Delivered:
    """A message in work. `msg` is replaced when the broker delivers it again meanwhile: the newest reply counts."""

    msg: Msg
    deliveries: int
    stem: str


class Consumer:
    """One `Consume` route, running."""

    def __init__(self, route: Consume, runtime: Runtime) -> None:
        self._route = route
        self._runtime = runtime
        self._durable = route.durable
        self._bindings = {binding.subject.address.stem: binding for binding in route.bindings}
        self._pull = Pull(runtime.broker, route.durable, on_message=self._accept, demand=self._free_places)
        self._tasks = TaskSet(f"consume.{route.durable.name}")
        self._beats = TaskSet(f"beat.{route.durable.name}")
        self._in_work: dict[int, _Delivered] = {}  # by stream sequence
        self._holding: set[_Delivered] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._closing = asyncio.Event()

    @property
    def name(self) -> str:
        """For logs and metrics."""
        return f"consume.{self._durable.name}"

    async def run(self) -> None:
        """Pull and work until closed; may be run again after it raised."""
        if not self._beats:
            self._beats.spawn(self._beat())
        await self._pull.run()

    async def close(self, timeout_seconds: float) -> None:
        """Pull nothing more, finish what is in work, give the rest back to the broker at once."""
        self._closing.set()
        await self._pull.stop(min(timeout_seconds, STOP_PULLING_SECONDS))
        if not await self._tasks.join(timeout_seconds):
            left = list(self._in_work.values())
            await self._tasks.cancel()
            for delivered in left:
                await self._say(delivered.msg.nak())
            _log.warning("consumer_gave_back", durable=self._durable.name, messages=len(left))
        await self._beats.cancel()

    # ---- taking ----

    def _free_places(self) -> int:
        """Nothing new while a dependency is down."""
        return 0 if self._holding else self._route.concurrency - len(self._in_work)

    def _accept(self, msg: Msg) -> None:
        metadata = msg.metadata
        sequence = metadata.sequence.stream
        known = self._in_work.get(sequence)
        if known is not None:  # the broker forgot our in-progress marks, e.g. it was away: still one run of the handler
            known.msg = msg
            return
        delivered = _Delivered(msg, metadata.num_delivered, stem_of(msg.subject))
        self._in_work[sequence] = delivered
        self._tasks.spawn(self._work(sequence, delivered))

    async def _beat(self) -> None:
        """Tell the broker that everything in work is still worked on, for as long as handlers take."""
        while True:
            await asyncio.sleep(self._durable.ack_wait_seconds / BEATS_PER_ACK_WAIT)
            for delivered in list(self._in_work.values()):
                await self._say(delivered.msg.in_progress())

    # ---- working ----

    async def _work(self, sequence: int, delivered: _Delivered) -> None:
        try:
            await self._open.wait()
            with self._runtime.tracer.start_as_current_span(
                delivered.stem, context_of(delivered.msg.headers), SpanKind.CONSUMER
            ):
                await self._settle(delivered)
        finally:
            self._in_work.pop(sequence, None)
            self._release(delivered)
            self._pull.wake()

    async def _settle(self, delivered: _Delivered) -> None:
        try:
            binding, payload = self._decode(delivered)
        except (Undeliverable, ValidationError) as error:
            await self._give_up(delivered, None, error)
            return
        if delivered.deliveries > MAX_DELIVERIES:
            await self._give_up(delivered, payload, Exhausted(f"delivered {delivered.deliveries} times"))
            return
        tries = holds = 0
        while (error := await self._attempt(binding, payload, delivered.stem)) is not None:
            tries += 1
            verdict = judge(Attempt(error, delivered.deliveries, tries), ordered=self._route.ordered)
            self._note(delivered, error, verdict)
            match verdict:
                case Verdict.HOLD:
                    tries -= 1  # an outage is no failure of the handler
                    holds += 1
                    if not await self._hold(delivered, holds):
                        return
                case Verdict.RETRY_NOW:
                    pass
                case Verdict.RETRY_LATER:
                    await self._say(delivered.msg.nak(delay=retry_delay_seconds(delivered.deliveries)))
                    return
                case Verdict.DEAD_LETTER:
                    await self._give_up(delivered, payload, error)
                    return
                case _:
                    assert_never(verdict)
        await self._say(delivered.msg.ack())
        self._runtime.metrics.handled.labels(delivered.stem, "done").inc()

    def _decode(self, delivered: _Delivered) -> tuple[Binding, BaseModel]:
        binding = self._bindings.get(delivered.stem)
        if binding is None:
            raise Undeliverable("no handler for this subject")
        return binding, binding.subject.payload.model_validate_json(delivered.msg.data)

    async def _attempt(self, binding: Binding, payload: Any, stem: str) -> Exception | None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(ATTEMPT_LIMIT_SECONDS):
                await binding.handler(payload)
        except Exception as error:  # noqa: BLE001 - the delivery policy judges every failure
            return error
        finally:
            self._runtime.metrics.seconds.labels(stem).observe(time.perf_counter() - began)
        return None

    # ---- outages ----

    async def _hold(self, delivered: _Delivered, holds: int) -> bool:
        """Keep the message in progress for a while; False when it was given back instead, because the service ends."""
        self._holding.add(delivered)
        self._runtime.metrics.held.labels(self._durable.name).set(len(self._holding))
        self._open.clear()
        try:
            async with asyncio.timeout(hold_pause_seconds(holds)):
                await self._closing.wait()
        except TimeoutError:
            return True
        await self._say(delivered.msg.nak())
        return False

    def _release(self, delivered: _Delivered) -> None:
        if delivered in self._holding:
            self._holding.discard(delivered)
            self._runtime.metrics.held.labels(self._durable.name).set(len(self._holding))
        if not self._holding:
            self._open.set()

    # ---- ending ----

    async def _give_up(self, delivered: _Delivered, payload: BaseModel | None, error: BaseException) -> None:
        """Tell the author, keep the message among the dead letters, and only then acknowledge it."""
        told, holds = self._route.on_dead_letter is None, 0
        while True:
            try:
                if not told and self._route.on_dead_letter is not None:
                    await self._tell(payload, error, delivered)
                    told = True
                await bury(
                    self._runtime.broker, self._durable.name, delivered.msg, error, deliveries=delivered.deliveries
                )
                break
            except Unavailable:
                holds += 1
                if not await self._hold(delivered, holds):
                    return
        await self._say(delivered.msg.ack())
        self._runtime.metrics.dead_letters.labels(self._durable.name, delivered.stem).inc()
        self._runtime.metrics.handled.labels(delivered.stem, "dead_letter").inc()

    async def _tell(self, payload: BaseModel | None, error: BaseException, delivered: _Delivered) -> None:
        assert self._route.on_dead_letter is not None  # noqa: S101 - narrowed by the caller
        try:
            await self._route.on_dead_letter(payload, error)
        except Unavailable:
            raise
        except Exception as broken:  # noqa: BLE001 - a broken hook must not keep the message for ever
            _log.error("dead_letter_hook_failed", subject=delivered.stem, exc_info=broken)

    async def _say(self, acknowledgement: Awaitable[None]) -> None:
        await said(acknowledgement, self._durable.name)

    def _note(self, delivered: _Delivered, error: Exception, verdict: Verdict) -> None:
        if delivered in self._holding and verdict is Verdict.HOLD:
            return  # said when the hold began
        expected = isinstance(error, Unavailable) or verdict is Verdict.DEAD_LETTER
        _log.warning(
            "message_failed",
            durable=self._durable.name,
            subject=delivered.stem,
            deliveries=delivered.deliveries,
            verdict=verdict.value,
            reason=reason_of(error),
            exc_info=None if expected else error,
        )
        if verdict is not Verdict.HOLD:
            self._runtime.metrics.handled.labels(delivered.stem, verdict.value).inc()
