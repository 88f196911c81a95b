"""The projection in Postgres: the few statements over its tables. Hand-written; the log's order is kept here.

A room's row is locked before anything of it changes, so replicas apply each log entry once and in order.
"""

from collections.abc import Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.context.domain import Entry, EntryKey, Fork, Place, Room, Seat, Setting
from palaver.context.projection import (
    Change,
    Chosen,
    Closed,
    Decided,
    Erased,
    Forked,
    Left,
    Pinned,
    Progress,
    Reopened,
    Said,
    Seated,
    Step,
    Turned,
)
from palaver.context.rates import Tokens
from palaver.context.summary_store import forget_message, forget_room
from palaver.context.tables import entries, forks, pins, rooms, seats
from palaver.contracts.ids import MessageId, SessionId, UserId
from palaver.servicekit.database import Database

_Id = sa.Uuid(as_uuid=False)


class RoomStore:
    """Rooms as projected so far. Every method raises Unavailable while Postgres is down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, session_id: SessionId) -> Room | None:
        """The whole room as of one moment; None for one never heard of."""
        async with self._database.transaction() as connection:
            # One snapshot for the five reads; otherwise a batch may commit between them.
            await connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            row = (await connection.execute(sa.select(rooms).where(rooms.c.session_id == session_id))).one_or_none()
            if row is None:
                return None
            seat_rows = await connection.execute(sa.select(seats).where(seats.c.session_id == session_id))
            entry_rows = await connection.execute(sa.select(entries).where(entries.c.session_id == session_id))
            fork_rows = await connection.execute(sa.select(forks).where(forks.c.session_id == session_id))
            pin_rows = await connection.execute(sa.select(pins).where(pins.c.session_id == session_id))
            return Room(
                session_id=session_id,
                epoch=row.epoch,
                cursor=row.cursor,
                setting=_setting(row),
                deleted=row.deleted,
                seats=MappingProxyType({seat.participant_id: seat for seat in map(_seat, seat_rows)}),
                entries=MappingProxyType({entry.key: entry for entry in map(_entry, entry_rows)}),
                pins=MappingProxyType({pin.message_id: pin.seq for pin in pin_rows}),
                forks=MappingProxyType({fork.branch: Fork(fork.parent, fork.first_round) for fork in fork_rows}),
            )

    async def advance(self, session_id: SessionId, epoch: str, steps: Sequence[Step]) -> Progress:
        """Apply, in one transaction, those steps that follow on the cursor without a gap; say where it stands then.

        Nothing is applied where the room is of another epoch.
        """
        async with self._database.transaction() as connection:
            progress = await _locked(connection, session_id, epoch)
            if progress.epoch != epoch:
                return progress
            following = _following(steps, progress.cursor)
            if not following:
                return progress
            changes = () if progress.gone else ((step.seq, change) for step in following for change in step.changes)
            for kind, group in groupby(changes, key=lambda pair: type(pair[1])):
                await _write(connection, session_id, kind, list(group))
            cursor = following[-1].seq
            await connection.execute(sa.update(rooms).where(rooms.c.session_id == session_id).values(cursor=cursor))
            return Progress(epoch, cursor)

    async def forget_owner(self, user_id: UserId) -> int:
        """Close every room of a person and forget whose it was; returns how many. Repeating it does no harm."""
        async with self._database.transaction() as connection:
            theirs = sa.select(rooms.c.session_id).where(rooms.c.owner_id == user_id).with_for_update()
            found = (await connection.execute(theirs)).scalars().all()
            for session_id in found:
                await _close(connection, session_id)
        return len(found)

    async def forget(self, session_id: SessionId) -> None:
        """The room is not there any more: nothing that was projected of it stays, or comes with late entries."""
        async with self._database.transaction() as connection:
            await _locked(connection, session_id, epoch="")
            await _close(connection, session_id)

    async def restart(self, session_id: SessionId, *, old_epoch: str, epoch: str) -> None:
        """Forget a room whose log was rebuilt, unless somebody else did so already."""
        async with self._database.transaction() as connection:
            progress = await _locked(connection, session_id, old_epoch)
            if progress.epoch != old_epoch:
                return
            await _forget_content(connection, session_id)
            await connection.execute(
                sa.update(rooms)
                .where(rooms.c.session_id == session_id)
                .values(epoch=epoch, cursor=0, deleted=False, **_BLANK)
            )

    async def keep_counts(self, session_id: SessionId, encoding: str, counts: dict[EntryKey, Tokens]) -> None:
        """Add counts in one more encoding to entries that lack them."""
        statement = (
            sa.update(entries)
            .where(
                entries.c.session_id == session_id,
                entries.c.message_id == sa.bindparam("of_message", type_=_Id),
                entries.c.version == sa.bindparam("of_version", type_=sa.Integer),
                ~entries.c.deleted,
            )
            .values(counts=entries.c.counts.concat(sa.bindparam("added", type_=JSONB)))
        )
        values = [
            {"of_message": message_id, "of_version": version, "added": {encoding: count}}
            for (message_id, version), count in counts.items()
        ]
        async with self._database.transaction() as connection:
            await connection.execute(statement, values)


async def _locked(connection: AsyncConnection, session_id: SessionId, epoch: str) -> Progress:
    """Lock the room's row, made with cursor 0 if it is new."""
    query = (
        sa.select(rooms.c.epoch, rooms.c.cursor, rooms.c.deleted, rooms.c.owner_id)
        .where(rooms.c.session_id == session_id)
        .with_for_update()
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        new = insert(rooms).values(session_id=session_id, epoch=epoch, cursor=0, deleted=False)
        await connection.execute(new.on_conflict_do_nothing())
        row = (await connection.execute(query)).one()
    return Progress(row.epoch, row.cursor, gone=row.deleted and row.owner_id is None)


_BLANK = {"owner_id": None, "mode": None, "prompt_mode": None, "system_prompt": None, "path": None}


async def _close(connection: AsyncConnection, session_id: SessionId) -> None:
    await _forget_content(connection, session_id)
    await forget_room(connection, session_id)
    await connection.execute(sa.update(rooms).where(rooms.c.session_id == session_id).values(deleted=True, **_BLANK))


def _following(steps: Sequence[Step], cursor: int) -> list[Step]:
    following: list[Step] = []
    for step in sorted(steps, key=lambda step: step.seq):
        if step.seq == cursor + 1:
            following.append(step)
            cursor += 1
    return following


async def _write(
    connection: AsyncConnection, session_id: SessionId, kind: type[Change], changes: list[tuple[int, Change]]
) -> None:
    if kind is Said:
        rows = [_entry_row(session_id, change.entry) for _, change in changes if isinstance(change, Said)]
        statement = insert(entries)
        update = {c.name: statement.excluded[c.name] for c in entries.columns if not c.primary_key}
        await connection.execute(statement.on_conflict_do_update(index_elements=entries.primary_key, set_=update), rows)
        return
    for seq, change in changes:
        await _write_one(connection, session_id, seq, change)


async def _write_one(connection: AsyncConnection, session_id: SessionId, seq: int, change: Change) -> None:
    match change:
        case Decided(setting):
            values = {
                "owner_id": setting.owner_id,
                "mode": setting.mode,
                "prompt_mode": setting.prompt_mode,
                "system_prompt": setting.system_prompt,
                "path": list(setting.path),
            }
            await connection.execute(sa.update(rooms).where(rooms.c.session_id == session_id).values(**values))
        case Forked() | Turned():
            await _write_way(connection, session_id, change)
        case Seated(seat):
            row = _seat_row(session_id, seat)
            statement = insert(seats).values(**row)
            await connection.execute(statement.on_conflict_do_update(index_elements=seats.primary_key, set_=row))
        case Left(participant_id):
            mine = (seats.c.session_id == session_id) & (seats.c.participant_id == participant_id)
            await connection.execute(sa.update(seats).where(mine).values(removed=True))
        case Chosen((message_id, version)):
            mine = (entries.c.session_id == session_id) & (entries.c.message_id == message_id)
            await connection.execute(sa.update(entries).where(mine, entries.c.version == version).values(changed=seq))
        case Erased(message_id):
            await forget_message(connection, session_id, message_id)
            mine = (entries.c.session_id == session_id) & (entries.c.message_id == message_id)
            await connection.execute(
                sa.update(entries).where(mine).values(text="", deleted=True, changed=seq, counts={})
            )
            await _pin(connection, session_id, message_id, None)
        case Pinned(message_id, pinned):
            await _pin(connection, session_id, message_id, seq if pinned else None)
        case Closed() | Reopened():
            hidden = isinstance(change, Closed)
            await connection.execute(sa.update(rooms).where(rooms.c.session_id == session_id).values(deleted=hidden))
        case Said():
            raise AssertionError("entries are written in groups")
        case _:
            assert_never(change)


async def _write_way(connection: AsyncConnection, session_id: SessionId, change: Forked | Turned) -> None:
    match change:
        case Forked(branch, fork):
            new = insert(forks).values(
                session_id=session_id, branch=branch, parent=fork.parent, first_round=fork.first_round
            )
            await connection.execute(new.on_conflict_do_nothing())
        case Turned(path):
            shown = sa.update(rooms).where(rooms.c.session_id == session_id, rooms.c.owner_id.is_not(None))
            await connection.execute(shown.values(path=list(path)))


async def _pin(connection: AsyncConnection, session_id: SessionId, message_id: MessageId, seq: int | None) -> None:
    mine = (pins.c.session_id == session_id) & (pins.c.message_id == message_id)
    await connection.execute(sa.delete(pins).where(mine))
    if seq is not None:
        await connection.execute(sa.insert(pins).values(session_id=session_id, message_id=message_id, seq=seq))


async def _forget_content(connection: AsyncConnection, session_id: SessionId) -> None:
    for table in (entries, seats, pins, forks):
        await connection.execute(sa.delete(table).where(table.c.session_id == session_id))


def _setting(row: Any) -> Setting | None:
    if row.owner_id is None:
        return None
    return Setting(row.owner_id, row.mode, row.prompt_mode, row.system_prompt, tuple(row.path))


def _seat(row: Any) -> Seat:
    return Seat(
        participant_id=row.participant_id,
        model_id=row.model_id,
        name=row.name,
        position=row.position,
        system_prompt=row.system_prompt,
        muted=row.muted,
        removed=row.removed,
    )


def _seat_row(session_id: SessionId, seat: Seat) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "participant_id": seat.participant_id,
        "model_id": seat.model_id,
        "name": seat.name,
        "position": seat.position,
        "system_prompt": seat.system_prompt,
        "muted": seat.muted,
        "removed": seat.removed,
    }


def _entry(row: Any) -> Entry:
    return Entry(
        message_id=row.message_id,
        version=row.version,
        branch=row.branch,
        place=Place(row.round, row.step, row.rank, row.seq),
        text=row.text,
        author=row.author,
        participant_id=row.participant_id,
        model=row.model,
        mark=row.mark,
        deleted=row.deleted,
        changed=row.changed,
        counts=MappingProxyType({encoding: Tokens(*count) for encoding, count in row.counts.items()}),
    )


def _entry_row(session_id: SessionId, entry: Entry) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "message_id": entry.message_id,
        "version": entry.version,
        "branch": entry.branch,
        "round": entry.place.round,
        "step": entry.place.step,
        "rank": entry.place.rank,
        "seq": entry.place.seq,
        "author": entry.author,
        "participant_id": entry.participant_id,
        "model": entry.model,
        "mark": entry.mark,
        "deleted": entry.deleted,
        "text": entry.text,
        "changed": entry.changed,
        "counts": dict(entry.counts),
    }
