"""Links to rooms: made and taken back by their owners, read by whoever has one.

A link shows what its room showed when it was made: later messages, other branches and other versions are not in it, and
what is deleted goes from it, too.
"""

from datetime import timedelta
from typing import Any

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.contracts.session import Done, OfSession
from palaver.contracts.shares import (
    CreateShare,
    ReadShared,
    RevokeShare,
    SharedMessage,
    SharedPage,
    SharedSpeaker,
    ShareList,
    ShareView,
)
from palaver.servicekit.database import Database
from palaver.session.auditing import audit
from palaver.session.domain import segments
from palaver.session.room import Room, Rooms, authorise
from palaver.session.store import messages, sessions, shares

MAX_TEXT_BYTES = 1024**2
"""Text in one answer, unless a single message has more: far below what the broker takes."""


class Sharing:
    """What becomes of links."""

    def __init__(self, database: Database, rooms: Rooms) -> None:
        self._database = database
        self._rooms = rooms

    async def create(self, request: CreateShare) -> ShareView:
        """Make a link to what the room shows now. Raises Failure: nothing to show, too many links."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            await shares.remove_ended(room.conn, room.id)
            if len(await shares.of_session(room.conn, room.id)) >= limits.MAX_SHARES:
                raise Failure(
                    ErrorCode.CONFLICT,
                    f"This room has {limits.MAX_SHARES} links; take some back first.",
                    maximum=limits.MAX_SHARES,
                )
            made = await shares.add(room.conn, await _row(room, request))
            audit(room, request.actor, "session.shared", share=made.id)
            return made

    async def list(self, request: OfSession) -> ShareList:
        """Those that work."""
        async with self._database.read() as conn:
            session = authorise(await sessions.read(conn, request.session_id), request.actor)
            return ShareList(shares=await shares.of_session(conn, session.id))

    async def revoke(self, request: RevokeShare) -> Done:
        """Take a link back. Raises Failure(NOT_FOUND)."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            if not await shares.remove(room.conn, room.id, request.share_id):
                raise _no_link()
            audit(room, request.actor, "session.unshared", share=request.share_id)
        return Done()

    async def read(self, request: ReadShared) -> SharedPage:
        """A page of what a link shows. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            share = await shares.read(conn, request.token_hash, request.after, limits.SHARED_PAGE)
            if share is None:
                raise _no_link()
            said = await shares.texts(conn, share.keys)
        speakers = {one["id"]: number for number, one in enumerate(share.speakers)}
        shown: list[SharedMessage] = []
        size = seen = 0
        for key in share.keys:
            row = said.get(key)
            size += 0 if row is None else len(row.text.encode())
            if shown and size > MAX_TEXT_BYTES:
                break
            seen += 1
            if row is not None:
                shown.append(_message(row, speakers))
        after = request.after + seen
        return SharedPage(
            title=share.title,
            system_prompt=share.system_prompt,
            shared_at=share.created_at,
            expires_at=share.expires_at,
            speakers=tuple(
                SharedSpeaker(name=one["name"], color=one["color"], system_prompt=one["system_prompt"])
                for one in share.speakers
            ),
            messages=tuple(shown),
            next_after=after if after < share.total else None,
        )


async def _row(room: Room, request: CreateShare) -> dict[str, Any]:
    session = room.session
    path = segments(session.path, await sessions.branches_of(room.conn, room.id))
    shown = await messages.shown_keys(room.conn, room.id, path, limits.MAX_SHARED_MESSAGES)
    if not shown:
        raise Failure(ErrorCode.CONFLICT, "Nothing has been said in this room yet.")
    speaking = {participant for _, _, participant in shown}
    return {
        "id": new_id(),
        "session_id": room.id,
        "token_hash": request.token_hash,
        "title": session.title,
        "system_prompt": session.system_prompt if request.prompts else None,
        "prompts": request.prompts,
        "speakers": [
            {
                "id": seat.id,
                "name": seat.name,
                "color": seat.color,
                "system_prompt": seat.system_prompt if request.prompts else None,
            }
            for seat in await shares.seats(room.conn, room.id)
            if seat.id in speaking
        ],
        "message_ids": [message for message, _, _ in shown],
        "versions": [version for _, version, _ in shown],
        "created_at": room.now,
        "expires_at": None if request.days is None else room.now + timedelta(days=request.days),
    }


def _message(row: Any, speakers: dict[str, int]) -> SharedMessage:
    return SharedMessage(
        speaker=None if row.kind == "user" else speakers[row.participant_id],
        model=row.model,
        text=row.text,
        finish_reason=row.finish_reason,
        at=row.created_at,
    )


def _no_link() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such link, or it works no longer.")
