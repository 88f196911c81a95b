"""The meters of a room: how full each participant's next request is. Made by the very code that makes the request."""

import asyncio

import structlog

from palaver.context.building import Fitter, maximum
from palaver.context.domain import Seat
from palaver.context.errors import room_not_found
from palaver.context.families import SESSION_ENCODING
from palaver.context.fit import Overflow
from palaver.context.ports import Notices, Profiles
from palaver.context.rooms import Rooms
from palaver.context.summary import Summary
from palaver.context.views import RoomView
from palaver.contracts.client_protocol import (
    ContextUsage,
    ContextUsageNotice,
    ParticipantUsage,
    SeenSummary,
    SessionUsage,
)
from palaver.contracts.context import ReadUsage
from palaver.contracts.failures import Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.model_router import ModelProfile
from palaver.servicekit.errors import Unavailable

MAX_UNSEEN = 1_000
"""Entries that a meter lists as no longer seen; of more than that the newest."""

_log = structlog.get_logger()


class Meters:
    """Reads meters on request, and announces them once things have been quiet for `debounce_seconds`."""

    def __init__(
        self, rooms: Rooms, fitter: Fitter, profiles: Profiles, notices: Notices, *, debounce_seconds: float
    ) -> None:
        self._rooms = rooms
        self._fitter = fitter
        self._profiles = profiles
        self._notices = notices
        self._debounce_seconds = debounce_seconds
        self._changed: dict[SessionId, int] = {}
        self._waiting = asyncio.Event()

    async def read(self, request: ReadUsage) -> ContextUsage:
        """The meters as of the newest log entry; for the room's owner only. Raises Failure, Unavailable."""
        view = await self._rooms.newest(request.session_id)
        setting = view.room.setting
        if setting is None or setting.owner_id != request.actor.user_id:
            raise room_not_found()
        return await self._usage(view, listing=True)

    def mark(self, session_id: SessionId, seq: int) -> None:
        """Something changed that the meters show."""
        self._changed[session_id] = max(seq, self._changed.get(session_id, 0))
        self._waiting.set()

    async def announce(self) -> None:
        """Tell watchers of rooms that changed, again and again; each room at most once per debounce time."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            await asyncio.sleep(self._debounce_seconds)
            changed, self._changed = self._changed, {}
            for session_id, seq in changed.items():
                await self._announce_one(session_id, seq)

    async def _announce_one(self, session_id: SessionId, seq: int) -> None:
        try:
            usage = await self._usage(await self._rooms.at_least(session_id, seq), listing=False)
            await self._notices.usage_changed(ContextUsageNotice(session_id=session_id, data=usage))
        except (Failure, Unavailable) as error:
            # A notice may get lost: the next change, or a reader's own question, brings the numbers.
            _log.info("usage_not_announced", session_id=session_id, reason=type(error).__name__)

    async def _usage(self, view: RoomView, *, listing: bool) -> ContextUsage:
        setting = view.room.setting
        leaf = setting.path[-1] if setting and setting.path else ""
        seats = view.room.present
        profiles = await self._profiles.read({seat.model_id for seat in seats})
        known = [(seat, profiles[seat.model_id]) for seat in seats if seat.model_id in profiles]
        return ContextUsage(
            session=SessionUsage(
                tokens=await self._fitter.shared_tokens(view, leaf, SESSION_ENCODING),
                messages=len(view.transcript(leaf).lines),
                tokenizer=SESSION_ENCODING,
            ),
            participants=tuple(
                [await self._participant(view, seat, profile, leaf, listing=listing) for seat, profile in known]
            ),
        )

    async def _participant(
        self, view: RoomView, seat: Seat, profile: ModelProfile, leaf: str, *, listing: bool
    ) -> ParticipantUsage:
        """What the next request would contain if it were made now, before anybody says anything more."""
        lines = view.transcript(leaf).lines
        try:
            fitted = await self._fitter.fit(view, seat, profile, leaf=leaf, end=len(lines), closing=False)
            used, seen = fitted.fit.used, set(fitted.fit.indices)
            summary, summarised = fitted.summary, fitted.summarised
        except Overflow as overflow:
            used, seen, summary, summarised = overflow.needed, set[int](), None, 0.0
        unseen = [line.entry.message_id for i, line in enumerate(lines) if i not in seen]
        return ParticipantUsage(
            id=seat.participant_id,
            used=used,
            maximum=maximum(profile),
            reserve=profile.reserve,
            left_out=len(unseen),
            unseen=tuple(unseen[-MAX_UNSEEN:]) if listing else (),
            summarised=summarised,
            summary=None if summary is None else _seen(summary),
            unseen_pinned=tuple(message_id for message_id in unseen if message_id in view.room.pins),
        )


def _seen(summary: Summary) -> SeenSummary:
    return SeenSummary(id=summary.id, version=summary.version, entries=summary.coverage.entries)
