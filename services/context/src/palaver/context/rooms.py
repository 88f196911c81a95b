"""Rooms in memory: what windows and meters are made from.

A room is loaded from the projection once and then kept up with by its log: from entries that this replica is delivered,
and by reading the log where a request needs more. Nothing here waits for the projection, and nothing here writes it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from palaver.context.counting import TokenCounter
from palaver.context.domain import Room
from palaver.context.errors import room_not_found
from palaver.context.intake import steps_of
from palaver.context.metrics import ContextMetrics
from palaver.context.ports import Projection, SessionLog
from palaver.context.projection import Step, appended_by, applied
from palaver.context.views import RoomView
from palaver.contracts.ids import SessionId
from palaver.contracts.session_log import EventFrame
from palaver.servicekit.errors import Unavailable


@dataclass(slots=True)
class _Cached:
    view: RoomView
    checked_at: float
    """When its epoch was last seen to be the log's."""
    characters: int


class Rooms:
    """The newest rooms used, up to `max_characters` of text.

    `recheck_seconds`: a room not heard of for so long is compared with its log before it is used, because a log that
    was rebuilt elsewhere shows only by its epoch.
    """

    def __init__(
        self,
        projection: Projection,
        log: SessionLog,
        counter: TokenCounter,
        metrics: ContextMetrics,
        *,
        max_characters: int,
        recheck_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._projection = projection
        self._log = log
        self._counter = counter
        self._metrics = metrics
        self._max_characters = max_characters
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._cached: OrderedDict[SessionId, _Cached] = OrderedDict()
        self._characters = 0
        self._locks: WeakValueDictionary[SessionId, asyncio.Lock] = WeakValueDictionary()

    async def at_least(self, session_id: SessionId, min_seq: int) -> RoomView:
        """The room with its log up to `min_seq` or further.

        Raises Failure(SESSION_NOT_FOUND), Unavailable.
        """
        async with self._lock(session_id):
            cached = self._cached.get(session_id)
            if cached is not None and cached.view.room.cursor >= min_seq and self._is_recent(cached):
                self._cached.move_to_end(session_id)
                return _open(cached.view)
            return await self._read(session_id, min_seq)

    async def newest(self, session_id: SessionId) -> RoomView:
        """The room up to the head of its log. Raises Failure(SESSION_NOT_FOUND), Unavailable."""
        async with self._lock(session_id):
            return await self._read(session_id, 0)

    async def heard(self, event: EventFrame) -> None:
        """Keep up with an entry that was delivered, if it is the next one of a room held here."""
        cached = self._cached.get(event.session_id)
        if cached is None or cached.view.room.epoch != event.epoch:
            return
        if cached.view.room.cursor + 1 == event.seq:
            async with self._lock(event.session_id):
                held = self._cached.get(event.session_id)
                if held is None or held.view.room.epoch != event.epoch or held.view.room.cursor + 1 != event.seq:
                    return
                steps = await steps_of([event], self._counter)
                self._keep(applied(held.view.room, steps), held.view, steps)

    def _is_recent(self, cached: _Cached) -> bool:
        return self._clock() - cached.checked_at < self._recheck_seconds

    def _lock(self, session_id: SessionId) -> asyncio.Lock:
        lock = self._locks.get(session_id)
        if lock is None:
            lock = self._locks[session_id] = asyncio.Lock()
        return lock

    async def _read(self, session_id: SessionId, min_seq: int) -> RoomView:
        """Read the log from where the room stands to its head."""
        cached = self._cached.get(session_id)
        earlier = cached.view if cached else None
        room = earlier.room if earlier else await self._projection.load(session_id)
        room = room or Room(session_id, "", 0)
        taken: list[Step] = []
        while True:
            page = await self._log.read(session_id, room.cursor)
            self._metrics.log_reads.inc()
            if page.epoch != room.epoch:
                rebuilt = room.cursor > 0
                room, earlier = Room(session_id, page.epoch, 0), None
                if rebuilt:
                    continue
            steps = await steps_of(page.entries, self._counter)
            room, taken = applied(room, steps), [*taken, *steps]
            if room.cursor >= page.head_seq or not page.entries:
                break
        view = self._keep(room, earlier, taken)
        if room.cursor < min_seq:
            raise Unavailable("session", f"its log ends at {room.cursor}, before {min_seq}")
        return _open(view)

    def _keep(self, room: Room, earlier: RoomView | None, steps: Sequence[Step]) -> RoomView:
        """`steps`: those that lead from the earlier view to the room."""
        appended = None if earlier is None else appended_by(steps, earlier.room)
        if earlier is None:
            view = RoomView(room)
        elif earlier.room.cursor == room.cursor:
            view = earlier
        else:
            view = earlier.later(room, appended)
        held = self._cached.get(room.session_id)
        if held is not None and held.view is earlier and appended is not None:
            characters = held.characters + sum(len(entry.text) for entry in appended)
        else:
            characters = sum(len(entry.text) for entry in room.entries.values())
        self._drop(room.session_id)
        self._cached[room.session_id] = _Cached(view, self._clock(), characters)
        self._characters += characters
        while self._characters > self._max_characters and len(self._cached) > 1:
            self._drop(next(iter(self._cached)))
        self._metrics.cached_characters.set(self._characters)
        return view

    def _drop(self, session_id: SessionId) -> None:
        if (cached := self._cached.pop(session_id, None)) is not None:
            self._characters -= cached.characters


def _open(view: RoomView) -> RoomView:
    """Raises Failure(SESSION_NOT_FOUND) for a room that does not exist or is deleted."""
    if view.room.deleted or view.room.setting is None:
        raise room_not_found()
    return view
