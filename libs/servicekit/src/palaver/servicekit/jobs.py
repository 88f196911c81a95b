"""Jobs whose claim is not the broker's: pulled as slots become free, acknowledged when their handler says so.

The delivery policy applies only to what the handler lets escape. Used where something else, a row in a database, says
who runs the job; the broker merely announces it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog
from nats.aio.msg import Msg
from opentelemetry.trace import NoOpTracer, SpanKind, Tracer
from pydantic import BaseModel, ValidationError

from palaver.contracts.streams import Durable
from palaver.contracts.subjects import Command
from palaver.servicekit.acknowledging import BEATS_PER_ACK_WAIT, said
from palaver.servicekit.broker import Broker
from palaver.servicekit.dead_letters import bury
from palaver.servicekit.delivery import (
    MAX_DELIVERIES,
    hold_pause_seconds,
    is_permanent,
    reason_of,
    retry_delay_seconds,
)
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.pull import Pull
from palaver.servicekit.tasks import TaskSet
from palaver.servicekit.tracing import context_of

P = TypeVar("P", bound=BaseModel)

SLOT_POLL_SECONDS = 0.1
"""How late a slot that became free outside a handler is noticed, unless `JobLoop.nudge` is called."""
STOP_PULLING_SECONDS = 1.0

_log = structlog.get_logger()


class Job(Generic[P]):
    """One delivery of a command. Marked as in progress for as long as its handler runs without having settled it."""

    def __init__(self, msg: Msg, payload: P, deliveries: int, durable: str) -> None:
        self._msg = msg
        self._durable = durable
        self.payload = payload
        self.deliveries = deliveries
        self.settled = False

    async def ack(self) -> None:
        """Done with it, as far as the broker is concerned. If this cannot be said, the job is delivered again."""
        if not self.settled:
            self.settled = True
            await said(self._msg.ack(), self._durable)

    async def nak(self, delay_seconds: float = 0) -> None:
        """Give it back; the broker delivers it again after the delay."""
        if not self.settled:
            self.settled = True
            await said(self._msg.nak(delay=delay_seconds), self._durable)

    async def in_progress(self) -> None:
        """Keep the broker from delivering it to somebody else for another ack wait."""
        if not self.settled:
            await said(self._msg.in_progress(), self._durable)

    def replace(self, msg: Msg) -> None:
        """The broker delivered it again while it is in work: from now on answer to that delivery."""
        self._msg = msg


class JobLoop(Generic[P]):
    """Pulls commands of one durable while there are free slots; each runs in a task of its own.

    `free_slots` is asked often and must be cheap. `handle` takes its slot before its first `await`. Several loops may
    share one durable over any number of processes.
    """

    def __init__(
        self,
        broker: Broker,
        durable: Durable,
        subject: Command[P],
        free_slots: Callable[[], int],
        handle: Callable[[Job[P]], Awaitable[None]],
        *,
        tracer: Tracer | None = None,
    ) -> None:
        self._broker = broker
        self._durable = durable
        self._subject = subject
        self._free_slots = free_slots
        self._handle = handle
        self._tracer = tracer or NoOpTracer()
        self._pull = Pull(broker, durable, on_message=self._accept, demand=self._demand)
        self._tasks = TaskSet(f"jobs.{durable.name}")
        self._beats = TaskSet(f"jobs.{durable.name}.beat")
        self._in_work: dict[int, Job[P]] = {}  # by stream sequence
        self._unstarted = 0
        self._stopping = False

    async def run(self) -> None:
        """Pull until `stop`; may be run again after it raised. When cancelled, handlers are cancelled too."""
        if not self._beats:
            self._beats.spawn(self._beat())
            self._beats.spawn(self._watch_slots())
        try:
            await self._pull.run()
            await self._tasks.join()
        except asyncio.CancelledError:
            await self._tasks.cancel()
            await self._beats.cancel()
            raise
        await self._beats.cancel()

    def nudge(self) -> None:
        """A slot became free."""
        self._pull.wake()

    async def stop(self) -> None:
        """Pull nothing more. Handlers go on; what arrives from here on is given back at once."""
        self._stopping = True
        await self._pull.stop(STOP_PULLING_SECONDS)

    # ---- taking ----

    def _demand(self) -> int:
        return max(0, self._free_slots() - self._unstarted)

    async def _watch_slots(self) -> None:
        last = self._demand()
        while not self._stopping:
            await asyncio.sleep(SLOT_POLL_SECONDS)
            now = self._demand()
            if now > last:
                self._pull.wake()
            last = now

    def _accept(self, msg: Msg) -> None:
        metadata = msg.metadata
        sequence = metadata.sequence.stream
        known = self._in_work.get(sequence)
        if known is not None and not known.settled:
            known.replace(msg)
        elif self._stopping:
            self._tasks.spawn(said(msg.nak(), self._durable.name))
        else:
            self._unstarted += 1
            self._tasks.spawn(self._work(sequence, msg, metadata.num_delivered))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._durable.ack_wait_seconds / BEATS_PER_ACK_WAIT)
            for job in list(self._in_work.values()):
                await job.in_progress()

    # ---- working ----

    async def _work(self, sequence: int, msg: Msg, deliveries: int) -> None:
        self._unstarted -= 1
        try:
            payload = self._subject.payload.model_validate_json(msg.data)
        except ValidationError as error:
            await self._bury(msg, deliveries, error)
            await said(msg.ack(), self._durable.name)
            return
        job = Job(msg, payload, deliveries, self._durable.name)
        self._in_work[sequence] = job
        try:
            with self._tracer.start_as_current_span(
                self._subject.address.stem, context_of(msg.headers), SpanKind.CONSUMER
            ):
                await self._run(job, msg)
        finally:
            if self._in_work.get(sequence) is job:
                del self._in_work[sequence]
            self._pull.wake()

    async def _run(self, job: Job[P], msg: Msg) -> None:
        """The handler, under the delivery policy for what it lets escape."""
        try:
            await self._handle(job)
        except Exception as error:  # noqa: BLE001 - the delivery policy judges every failure
            _log.warning(
                "job_failed",
                durable=self._durable.name,
                deliveries=job.deliveries,
                settled=job.settled,
                reason=reason_of(error),
                exc_info=None if isinstance(error, Unavailable) else error,
            )
            await self._after_failure(job, msg, error)

    async def _after_failure(self, job: Job[P], msg: Msg, error: Exception) -> None:
        if job.settled:
            return
        exhausted = job.deliveries >= MAX_DELIVERIES and not isinstance(error, Unavailable)
        if exhausted or is_permanent(error):
            await self._bury(msg, job.deliveries, error)
            await job.ack()
        else:
            await job.nak(retry_delay_seconds(job.deliveries))

    async def _bury(self, msg: Msg, deliveries: int, error: BaseException) -> None:
        holds = 0
        while True:
            try:
                await bury(self._broker, self._durable.name, msg, error, deliveries=deliveries)
            except Unavailable:
                holds += 1
                await asyncio.sleep(hold_pause_seconds(holds))
            else:
                return
