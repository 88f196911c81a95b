"""Summaries at hand: read once, until a change is heard of. No window waits for them: what cannot be read at once is
not used, and the conversation is cut as if there were none.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from palaver.context.summary import Summary, serving
from palaver.context.transcript import Line
from palaver.contracts.ids import SessionId, SummaryId
from palaver.servicekit.errors import Unavailable

PATIENCE_SECONDS = 0.5
"""A database that is frozen must not hold a turn up."""
AGAIN_SECONDS = 2.0
"""After a read that failed, windows go on for so long with what is known."""
MAX_ROOMS = 1_000
"""Rooms whose summaries are held; those used longest ago go first."""


class StoredSummaries(Protocol):
    """See `summary_store.SummaryStore`."""

    async def of(self, session_id: SessionId) -> list[Summary]:
        """All of a room. Raises Unavailable."""
        ...


@dataclass(slots=True)
class _Shelved:
    summaries: list[Summary]
    good_until: float
    verified: dict[SummaryId, tuple[Line, ...]] = field(default_factory=dict[SummaryId, tuple[Line, ...]])
    """The very lines for which a summary was last found to hold."""

    def holds(self, summary: Summary, lines: Sequence[Line]) -> bool:
        covered = tuple(lines[: summary.coverage.entries])
        if self.verified.get(summary.id) == covered:  # mostly the same objects, which is seen at a glance
            return True
        holds = summary.coverage.holds(lines)
        if holds:
            self.verified[summary.id] = covered
        return holds


class Shelf:
    """`recheck_seconds`: a change that was not heard of is noticed after so long."""

    def __init__(self, store: StoredSummaries, *, recheck_seconds: float, clock: Callable[[], float]) -> None:
        self._store = store
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._shelved: OrderedDict[SessionId, _Shelved] = OrderedDict()
        self._changes = 0

    async def serving(
        self, session_id: SessionId, lines: Sequence[Line], *, at_most: int, tokens: int
    ) -> list[Summary]:
        """See `ports.SummarySource`."""
        shelved = await self._of(session_id)
        short = [
            summary for summary in shelved.summaries if summary.coverage.entries <= at_most and summary.tokens <= tokens
        ]
        return serving(short, lambda summary: shelved.holds(summary, lines))

    def forget(self, session_id: SessionId) -> None:
        """Something changed."""
        self._changes += 1
        self._shelved.pop(session_id, None)

    async def _of(self, session_id: SessionId) -> _Shelved:
        shelved = self._shelved.get(session_id)
        if shelved is not None and self._clock() < shelved.good_until:
            self._shelved.move_to_end(session_id)
            return shelved
        changes = self._changes
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                read = _Shelved(await self._store.of(session_id), self._clock() + self._recheck_seconds)
        except (Unavailable, TimeoutError):
            read = shelved or _Shelved([], 0)
            read.good_until = self._clock() + AGAIN_SECONDS
        if changes == self._changes:  # otherwise what was read may be older than what changed meanwhile
            self._shelved[session_id] = read
            self._shelved.move_to_end(session_id)
            if len(self._shelved) > MAX_ROOMS:
                self._shelved.popitem(last=False)
        return read
