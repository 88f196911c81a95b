"""Follow every session's log into the stored projection: each entry once, in order, several in one transaction.

An entry that follows on the cursor is applied, an older one ignored; for one that is ahead the log itself is read. A
changed epoch means that the log was rebuilt: the projection of that room starts again.
"""

import asyncio
from collections.abc import Iterable
from weakref import WeakValueDictionary

import structlog

from palaver.context.counting import TokenCounter
from palaver.context.intake import steps_of
from palaver.context.metrics import ContextMetrics
from palaver.context.ports import Projection, SessionLog
from palaver.context.projection import Progress
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.session_log import EventFrame

_log = structlog.get_logger()


class _Inbox:
    """Entries of one session that wait for their transaction. Lives as long as somebody waits."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting: dict[int, EventFrame] = {}
        self.progress = Progress("", 0)

    def settled(self, event: EventFrame) -> bool:
        """Whether the entry went in with somebody else's."""
        return self.progress.epoch == event.epoch and event.seq <= self.progress.cursor


class Follower:
    """Applies what the broker delivers. `gather_seconds`: how long an entry waits for those behind it, which come in
    bursts and then share a transaction; windows do not wait for that. `gap_patience_seconds`: how long a missing entry
    may be in another replica's hands before the log is read for it.
    """

    def __init__(
        self,
        projection: Projection,
        log: SessionLog,
        counter: TokenCounter,
        metrics: ContextMetrics,
        *,
        gather_seconds: float,
        gap_patience_seconds: float,
    ) -> None:
        self._projection = projection
        self._log = log
        self._counter = counter
        self._metrics = metrics
        self._gather_seconds = gather_seconds
        self._gap_patience_seconds = gap_patience_seconds
        self._inboxes: WeakValueDictionary[SessionId, _Inbox] = WeakValueDictionary()

    async def take(self, event: EventFrame) -> None:
        """Return when the entry is in the projection. Raises what the store and the log raise."""
        self._metrics.entries.inc()
        inbox = self._inboxes.get(event.session_id)
        if inbox is None:
            inbox = self._inboxes[event.session_id] = _Inbox()
        inbox.waiting[event.seq] = event
        try:
            async with inbox.lock:
                if not inbox.settled(event):
                    await asyncio.sleep(self._gather_seconds)
                    inbox.progress = await self._settle(event, inbox.waiting)
        finally:
            inbox.waiting.pop(event.seq, None)

    async def _settle(self, event: EventFrame, waiting: dict[int, EventFrame]) -> Progress:
        progress = await self._advance(event, waiting.values())
        if progress.epoch == event.epoch and progress.cursor < event.seq:
            await asyncio.sleep(self._gap_patience_seconds)
            progress = await self._advance(event, waiting.values())
        if progress.epoch == event.epoch and progress.cursor >= event.seq:
            return progress
        self._metrics.gaps.inc()
        try:
            return await self._read_on(event.session_id, progress)
        except Failure as failure:
            if failure.code is not ErrorCode.SESSION_NOT_FOUND:
                raise
            await self._projection.forget(event.session_id)  # a room that is gone has nothing left to follow
            return progress

    async def _advance(self, event: EventFrame, waiting: Iterable[EventFrame]) -> Progress:
        batch = sorted((other for other in waiting if other.epoch == event.epoch), key=lambda other: other.seq)
        steps = await steps_of(batch, self._counter)
        return await self._projection.advance(event.session_id, event.epoch, steps)

    async def _read_on(self, session_id: SessionId, progress: Progress) -> Progress:
        """Read the log to its head. Its epoch is the true one, whatever the delivered entry said."""
        while True:
            page = await self._log.read(session_id, progress.cursor)
            if page.epoch != progress.epoch:
                _log.warning("log_rebuilt", session_id=session_id)
                await self._projection.restart(session_id, old_epoch=progress.epoch, epoch=page.epoch)
                progress = Progress(page.epoch, 0)
                continue
            if not page.entries:
                return progress
            steps = await steps_of(page.entries, self._counter)
            progress = await self._projection.advance(session_id, page.epoch, steps)
            if progress.cursor >= page.head_seq:
                return progress
