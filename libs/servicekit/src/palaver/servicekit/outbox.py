"""State and its messages commit together: messages wait in a table and are published after the commit.

`Outbox` and `DatabaseOutbox` are for services with ordinary needs; whoever has a log of its own implements
`OutboxSource` on it and uses the same `OutboxRelay`.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, MetaData, Table, Text, delete, func, insert
from sqlalchemy import select as sql_select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.figures import Figures, Sample
from palaver.servicekit.metrics import OUTBOX_LAG, OUTBOX_PENDING
from palaver.servicekit.tasks import TaskSet

K = TypeVar("K")

BATCH = 500
"""Rows published per round: all their acknowledgements are gathered at once."""
SWEEP_SECONDS = 1.0
MARK_SECONDS = 0.2
"""Well below the age from which a sweep takes an unmarked message for left over."""

DDL = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    body bytea NOT NULL,
    message_id text,
    trace text,
    at timestamptz NOT NULL DEFAULT now()
)
"""
"""For a migration: `op.execute(outbox.DDL)`. Rows are deleted once the broker has them, so the table stays small."""

TABLE = Table(
    "outbox",
    MetaData(),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("message_id", Text),
    Column("trace", Text),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

_log = structlog.get_logger()


class Outbox:
    """Writes messages beside the state that they tell of."""

    async def add(self, conn: AsyncConnection, *batch: Outgoing) -> None:
        """Keep messages in the transaction of `conn`. After its commit call `OutboxRelay.nudge`."""
        if batch:
            rows = [{"subject": m.subject, "body": m.body, "message_id": m.message_id, "trace": m.trace} for m in batch]
            await conn.execute(insert(TABLE), rows)


class OutboxSource(Protocol[K]):
    """Where a relay finds what is committed and not yet published."""

    async def unpublished(self, limit: int) -> Sequence[tuple[K, Outgoing]]:
        """The oldest ones, in order. Raises Unavailable."""
        ...

    async def mark_published(self, keys: Sequence[K]) -> None:
        """The broker has these. Raises Unavailable; they are then published again, which consumers bear."""
        ...


class DatabaseOutbox:
    """The `outbox` table as a source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unpublished(self, limit: int) -> Sequence[tuple[int, Outgoing]]:
        """See `OutboxSource`. A row without a message id gets one, so that two sweeping replicas say it once."""
        async with self._database.read() as conn:
            rows = await conn.execute(sql_select(TABLE).order_by(TABLE.c.id).limit(limit))
            return [
                (row.id, Outgoing(row.subject, row.body, row.message_id or f"{row.subject}:{row.id}", row.trace))
                for row in rows
            ]

    async def mark_published(self, keys: Sequence[int]) -> None:
        """See `OutboxSource`."""
        async with self._database.transaction() as conn:
            await conn.execute(delete(TABLE).where(TABLE.c.id.in_(keys)))


class OutboxRelay(Generic[K]):
    """Publishes what a source holds: at once when told, and every `sweep_seconds` what was left over by a crash.

    That the broker has them is noted `MARK_SECONDS` later at most, for many at once: whoever waits for the answer to
    what was published does not wait for the note. A crash in between repeats them, which their message ids undo.
    """

    def __init__(
        self, broker: Broker, source: OutboxSource[K], sweep_seconds: float = SWEEP_SECONDS, *, name: str = "outbox"
    ) -> None:
        self._broker = broker
        self._source = source
        self._name = name
        self._left = 0
        self._behind_since: float | None = None
        self._sweep_seconds = sweep_seconds
        self._nudged = asyncio.Event()
        self._unmarked: dict[K, None] = {}
        self._marking: asyncio.TimerHandle | None = None
        self._tasks = TaskSet("outbox.mark")

    async def publish_now(self, items: Sequence[tuple[K, Outgoing]]) -> None:
        """Publish what was just committed, without reading it back; never raises for an outage, the sweep goes on."""
        self._unmarked |= dict.fromkeys(await self._acknowledged(items))
        if self._unmarked and self._marking is None:
            later = asyncio.get_running_loop().call_later
            self._marking = later(MARK_SECONDS, lambda: self._tasks.spawn(self._mark()))

    async def _mark(self) -> None:
        self._marking = None
        keys, self._unmarked = list(self._unmarked), {}
        try:
            await self._source.mark_published(keys)
        except Unavailable as outage:
            _log.warning("outbox_waits", dependency=outage.dependency, reason=outage.reason)

    def nudge(self) -> None:
        """Something was committed: sweep now. Costs nothing when called often."""
        self._nudged.set()

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        figures.read(OUTBOX_PENDING, lambda: [Sample(self._left, (self._name,))])
        figures.read(OUTBOX_LAG, lambda: [Sample(self._lag_seconds(), (self._name,))])

    def _lag_seconds(self) -> float:
        return 0.0 if self._behind_since is None else time.monotonic() - self._behind_since

    def _note_left(self, messages: int) -> None:
        self._left = messages
        if not messages:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = time.monotonic()

    async def run(self) -> None:
        """Sweep for ever. When cancelled, notes what is published."""
        try:
            await self._sweep_for_ever()
        finally:
            if self._marking is not None:
                self._marking.cancel()
                await self._mark()
            await self._tasks.join(MARK_SECONDS)

    async def _sweep_for_ever(self) -> None:
        while True:
            self._nudged.clear()
            try:
                await self._sweep()
            except Unavailable as outage:
                _log.warning("outbox_waits", dependency=outage.dependency, reason=outage.reason)
                await asyncio.sleep(self._sweep_seconds)
                continue
            try:
                async with asyncio.timeout(self._sweep_seconds):
                    await self._nudged.wait()
            except TimeoutError:
                pass

    async def _sweep(self) -> None:
        while True:
            items = await self._source.unpublished(BATCH)
            done = await self._acknowledged(items) if self._broker.up else []
            if done:
                await self._source.mark_published(done)
            self._note_left(len(items) - len(done))
            if self._left or len(items) < BATCH:
                return

    async def _acknowledged(self, items: Sequence[tuple[K, Outgoing]]) -> list[K]:
        acknowledged = await self._broker.publish_all([outgoing for _, outgoing in items])
        return [key for (key, _), acked in zip(items, acknowledged, strict=True) if acked]
