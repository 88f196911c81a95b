"""What was said: people's messages and models' replies, one table. Text stands here and nowhere else."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.client_protocol import FailedTurnItem, MessageItem, ReplyItem, UserMessageItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, SessionId
from palaver.contracts.session_log import Feedback, Reply, TurnRef, UserMessage
from palaver.session.domain import Segment
from palaver.session.store.tables import BY_PERSON, clock, feedback, messages, own_id, pins, rounds, turns
from palaver.session.store.turns import ref_of


def user_row(session_id: SessionId, message: UserMessage) -> dict[str, Any]:
    """A person's message as a new row; one author's `client_message_id` is stored once in a session."""
    return {
        "id": message.id,
        "version": 1,
        "session_id": session_id,
        "kind": "user",
        "branch_id": message.branch,
        "round": message.round,
        "step": 0,
        "rank": 0,
        "active": True,
        "text": message.content,
        "author": message.author,
        "client_message_id": message.client_message_id,
        "addressed": None if message.to is None else [own_id(participant) for participant in message.to],
        "metadata": message.metadata,
        "created_at": message.created_at,
    }


def reply_row(session_id: SessionId, ref: TurnRef, reply: Reply) -> dict[str, Any]:
    """An answer as a new row: the version that is shown."""
    return {
        "id": reply.id,
        "version": reply.version,
        "session_id": session_id,
        "kind": "reply",
        "branch_id": ref.branch,
        "round": ref.round,
        "step": ref.step,
        "rank": reply.rank,
        "active": True,
        "text": reply.text,
        "turn_id": reply.turn_id,
        "participant_id": reply.participant_id,
        "model": reply.model,
        "finish_reason": reply.finish_reason,
        "usage": None if reply.usage is None else reply.usage.model_dump(mode="json"),
        "cost": reply.cost,
        "context": None if reply.context is None else reply.context.model_dump(mode="json"),
        "first_token_at": reply.first_token_at,
        "created_at": reply.created_at,
    }


async def hide(conn: AsyncConnection, reply_id: MessageId) -> None:
    """Another version of an answer is about to be shown."""
    shown = update(messages).where(messages.c.id == reply_id, messages.c.active)
    await conn.execute(shown.values(active=False))


async def show(conn: AsyncConnection, reply_id: MessageId, version: int) -> Reply | None:
    """This version of an answer is shown from now on; None if it was already, or there is none."""
    chosen = and_(messages.c.id == reply_id, messages.c.version == version)
    there = select(messages).where(chosen, ~messages.c.active, messages.c.kind == "reply", _KEPT)
    row = (await conn.execute(there)).one_or_none()
    if row is None:
        return None
    await hide(conn, reply_id)
    await conn.execute(update(messages).where(chosen).values(active=True))
    return _reply(row)


async def versions(conn: AsyncConnection, reply_id: MessageId) -> list[tuple[Reply, bool]]:
    """The versions of an answer that have a text, oldest first, and whether it is the one that is shown."""
    statement = (
        select(messages, *_FEEDBACK)
        .outerjoin(feedback, _RATED)
        .where(messages.c.id == reply_id, messages.c.kind == "reply", _KEPT)
        .order_by(messages.c.version)
    )
    return [(_reply(row).model_copy(update=_seen(row)), row.active) for row in await conn.execute(statement)]


async def session_of(conn: AsyncConnection, message_id: MessageId) -> SessionId | None:
    """Where a message was said; None if it is unknown or deleted."""
    statement = select(messages.c.session_id).where(messages.c.id == message_id, messages.c.deleted_at.is_(None))
    return (await conn.execute(statement.limit(1))).scalar_one_or_none()


async def is_erased(conn: AsyncConnection, message_id: MessageId) -> bool:
    """Whether it was deleted."""
    statement = select(messages.c.id).where(messages.c.id == message_id, ~_KEPT).limit(1)
    return (await conn.execute(statement)).one_or_none() is not None


async def of_person(conn: AsyncConnection, message_id: MessageId) -> UserMessage | None:
    """A person's message; None for any other, or where it is deleted."""
    statement = select(messages).where(messages.c.id == message_id, messages.c.kind == "user", _KEPT)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _user_message(row)


async def posted(conn: AsyncConnection, session_id: SessionId, author: str, client_message_id: str) -> UserMessage:
    """What somebody posted under this id."""
    statement = select(messages).where(
        messages.c.session_id == session_id,
        messages.c.author == author,
        messages.c.client_message_id == client_message_id,
        BY_PERSON,
    )
    return _user_message((await conn.execute(statement)).one())


async def text_of(conn: AsyncConnection, message_id: MessageId) -> str | None:
    """What a person said; None if there is no such message or it is deleted."""
    statement = select(messages.c.text).where(messages.c.id == message_id, messages.c.deleted_at.is_(None))
    return await conn.scalar(statement.limit(1))


async def erase(conn: AsyncConnection, message_id: MessageId) -> bool:
    """Remove the text of all its versions for good; False if that happened before."""
    statement = update(messages).where(messages.c.id == message_id, messages.c.deleted_at.is_(None))
    erased = await conn.execute(statement.values(text="", metadata=None, deleted_at=clock()).returning(messages.c.id))
    return bool(erased.all())


# ---- reading ---------------------------------------------------------------------------------------------------------
async def one(conn: AsyncConnection, message_id: MessageId) -> MessageItem | None:
    """The version of a message that is shown; None if there is none or it is deleted."""
    statement = _shown().where(messages.c.id == message_id)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _item(row)


async def referenced(
    conn: AsyncConnection, keys: Sequence[tuple[MessageId, int]]
) -> dict[tuple[MessageId, int], UserMessage | Reply]:
    """Messages by id and version, deleted ones too (their text is empty by then)."""
    if not keys:
        return {}
    statement = select(messages).where(tuple_(messages.c.id, messages.c.version).in_(keys))
    return {(row.id, row.version): _message(row) for row in await conn.execute(statement)}


async def some(conn: AsyncConnection, ids: Sequence[MessageId]) -> dict[MessageId, tuple[MessageItem, int]]:
    """The shown versions of messages, each with the bytes of its text; deleted ones are left out."""
    rows = await conn.execute(_shown().where(messages.c.id.in_(ids)))
    return {MessageId(row.id): (_item(row), len(row.text.encode())) for row in rows}


class CountedRound(NamedTuple):
    """A round with its count of items and the bytes of their text."""

    number: int
    items: int
    size: int


async def newest_rounds(
    conn: AsyncConnection, session_id: SessionId, path: Sequence[Segment], before: int | None, limit: int
) -> list[CountedRound]:
    """The newest `limit` + 1 rounds of the path before `before`, newest first."""
    in_round = (
        messages.c.session_id == session_id,
        messages.c.round == rounds.c.number,
        messages.c.active,
        messages.c.deleted_at.is_(None),
    )
    said = select(func.count()).where(*in_round)
    size = select(func.coalesce(func.sum(func.octet_length(messages.c.text)), 0)).where(*in_round)
    failed = select(func.count()).where(turns.c.session_id == session_id, turns.c.round == rounds.c.number, _silent())
    items = (said.scalar_subquery() + failed.scalar_subquery()).label("items")
    statement = select(rounds.c.number, items, size.scalar_subquery().label("size")).where(
        rounds.c.session_id == session_id, _on_path(path, rounds.c.branch_id, rounds.c.number)
    )
    if before is not None:
        statement = statement.where(rounds.c.number < before)
    rows = await conn.execute(statement.order_by(rounds.c.number.desc()).limit(limit + 1))
    return [CountedRound(row.number, row.items, row.size) for row in rows]


async def shown_keys(
    conn: AsyncConnection, session_id: SessionId, path: Sequence[Segment], limit: int
) -> list[tuple[MessageId, int, str | None]]:
    """The last `limit` messages and replies that the path shows, oldest first: id, version, whose reply it is."""
    place = (messages.c.round, messages.c.kind != "user", messages.c.step, messages.c.rank, messages.c.id)
    statement = select(messages.c.id, messages.c.version, messages.c.participant_id).where(
        messages.c.session_id == session_id,
        messages.c.active,
        _KEPT,
        _on_path(path, messages.c.branch_id, messages.c.round),
    )
    rows = (await conn.execute(statement.order_by(*(part.desc() for part in place)).limit(limit))).all()
    return [(MessageId(row.id), row.version, row.participant_id) for row in reversed(rows)]


async def of_rounds(
    conn: AsyncConnection, session_id: SessionId, path: Sequence[Segment], first: int, before: int | None
) -> list[MessageItem]:
    """All items of the path's rounds from `first` to before `before`, oldest first."""
    said = _shown().where(
        messages.c.session_id == session_id,
        messages.c.round >= first,
        _on_path(path, messages.c.branch_id, messages.c.round),
    )
    failed = select(turns).where(
        turns.c.session_id == session_id,
        turns.c.round >= first,
        _silent(),
        _on_path(path, turns.c.branch_id, turns.c.round),
    )
    if before is not None:
        said, failed = said.where(messages.c.round < before), failed.where(turns.c.round < before)
    placed: list[tuple[tuple[int, bool, int, int, str], MessageItem]] = [
        ((row.round, row.kind != "user", row.step, row.rank, row.id), _item(row)) for row in await conn.execute(said)
    ]
    placed += [  # turns without text have no rank: they come after the answers of their step
        ((row.round, True, row.step, _AFTER_ALL_RANKS, row.id), _failed(row)) for row in await conn.execute(failed)
    ]
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]


_AFTER_ALL_RANKS = 2**31
_TURN_COLUMNS = tuple(turns.c[name].label(f"its_{name}") for name in turns.c.keys())  # noqa: SIM118 - not a dict
_KEPT = messages.c.deleted_at.is_(None)
_FEEDBACK = (feedback.c.rating, feedback.c.comment)
_RATED = and_(feedback.c.reply_id == messages.c.id, feedback.c.version == messages.c.version)
_ASKED = turns.alias("asked")
_VERSIONS = select(func.max(_ASKED.c.version)).where(_ASKED.c.reply_id == messages.c.id).scalar_subquery()
_NEWER = turns.alias("newer")


def _shown() -> Any:
    return (
        select(
            messages, *_TURN_COLUMNS, *_FEEDBACK, _VERSIONS.label("versions"), pins.c.seq.is_not(None).label("pinned")
        )
        .outerjoin(turns, turns.c.id == messages.c.turn_id)
        .outerjoin(pins, pins.c.message_id == messages.c.id)
        .outerjoin(feedback, _RATED)
        .where(messages.c.active, _KEPT)
    )


def _silent() -> Any:
    # A version that failed is an item only where no version of the answer ever got a text; then the newest one is.
    answered = exists().where(messages.c.id == turns.c.reply_id).correlate(turns)
    newer = exists().where(_NEWER.c.reply_id == turns.c.reply_id, _NEWER.c.version > turns.c.version)
    return and_(turns.c.ending.in_(["failed", "stopped"]), ~answered, ~newer)


def _on_path(path: Sequence[Segment], branch: Any, number: Any) -> Any:
    return or_(
        *(
            and_(
                branch == segment.branch,
                number >= segment.first,
                *([] if segment.last is None else [number <= segment.last]),
            )
            for segment in path
        )
    )


# ---- rows to values --------------------------------------------------------------------------------------------------
def _item(row: Row[Any]) -> MessageItem:
    if row.kind == "user":
        return UserMessageItem(message=_user_message(row).model_copy(update={"pinned": row.pinned}))
    reply = _reply(row).model_copy(update={"pinned": row.pinned, **_seen(row)})
    return ReplyItem(turn=ref_of(row._asdict(), "its_"), reply=reply, versions=row.versions or reply.version)


def _seen(row: Row[Any]) -> dict[str, Any]:
    """What the person thought of it, where the row says so."""
    return {} if row.rating is None else {"feedback": Feedback(rating=row.rating, comment=row.comment)}


def _failed(row: Row[Any]) -> FailedTurnItem:
    body = Failure(ErrorCode(row.code), row.message).body
    return FailedTurnItem(turn=ref_of(row._asdict()), error=body.model_copy(update={"retryable": row.retryable}))


def _message(row: Row[Any]) -> UserMessage | Reply:
    return _user_message(row) if row.kind == "user" else _reply(row)


def _reply(row: Row[Any]) -> Reply:
    return Reply.model_validate(
        {
            "id": row.id,
            "turn_id": row.turn_id,
            "participant_id": row.participant_id,
            "model": row.model,
            "text": row.text,
            "finish_reason": row.finish_reason,
            "usage": row.usage,
            "cost": row.cost,
            "context": row.context,
            "rank": row.rank,
            "version": row.version,
            "first_token_at": row.first_token_at,
            "created_at": row.created_at,
        }
    )


def _user_message(row: Row[Any]) -> UserMessage:
    return UserMessage(
        id=row.id,
        client_message_id=row.client_message_id,
        author=row.author,
        content=row.text,
        branch=row.branch_id,
        round=row.round,
        to=None if row.addressed is None else tuple(row.addressed),
        metadata=row.metadata or {},
        created_at=row.created_at,
    )
