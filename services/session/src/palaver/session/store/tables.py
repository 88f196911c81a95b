"""The tables of the session service. A test compares them with what the migrations make.

Ids of ours are `uuid`; ids of others (people, workers) are opaque text. Whoever changes a session locks its row first,
then, in either order, turns of this session and its payer (`payer_lock`); whoever has a payer locked waits for no
turn of another session.

Conditions of partial indexes (`QUEUED`, `BY_PERSON`, `OPEN`) are literals and statements use them as they are here:
from the sixth run on Postgres plans a prepared statement without its parameters and does not recognise `state = $1`.
"""

import re
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    literal,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

NO_ID = "00000000-0000-0000-0000-000000000000"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class OwnId(TypeDecorator[str]):
    """One of our ids. A malformed one becomes the id that no row has, so that it is simply not found."""

    impl = Uuid(as_uuid=False)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the signature is SQLAlchemy's
        """The id for the driver."""
        return None if value is None else own_id(value)


def own_id(value: object) -> str:
    """The id as a column holds it, for rows that do not pass through `OwnId`."""
    return str(value) if _UUID.fullmatch(str(value)) else NO_ID


def _moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _of_session() -> Column[Any]:
    return Column("session_id", OwnId, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False)


sessions = Table(
    "sessions",
    metadata,
    Column("id", OwnId, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("mode_version", Integer, nullable=False),
    Column("mode_state", JSONB, nullable=False),
    Column("prompt_mode", Text, nullable=False),
    Column("system_prompt", Text),
    Column("state", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("path", ARRAY(OwnId), nullable=False),  # visible branches, root to leaf
    Column("epoch", Text, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("last_round", Integer, nullable=False),  # the highest number given, queued rounds included
    Column("current_round", Integer),  # the one that runs
    Column("title_job", OwnId),  # the side job that is to give it its title
    _moment("created_at"),
    _moment("updated_at"),  # by people, not by turns: the index on it would else be written at every token's log entry
    _moment("deleted_at", nullable=True),
    Column("purge", Boolean, nullable=False, server_default=text("false")),  # to be removed for good; see `purging`
    # Pages of the table keep room so that the many updates of `head_seq` stay within their page.
    postgresql_with={"fillfactor": "70"},
)
Index(
    "sessions_of_owner",
    sessions.c.owner_id,
    sessions.c.updated_at.desc(),
    postgresql_where=sessions.c.deleted_at.is_(None),
)

Index(
    "deleted_sessions",
    sessions.c.deleted_at,
    postgresql_where=sessions.c.deleted_at.is_not(None),
)

Index(
    "deleted_sessions_of_owner",
    sessions.c.owner_id,
    sessions.c.deleted_at.desc(),
    postgresql_where=sessions.c.deleted_at.is_not(None),
)

PURGED = sessions.c.purge.is_(true())
Index("sessions_to_purge", sessions.c.id, postgresql_where=PURGED)

shares = Table(  # links to rooms: what one showed at a moment, by reference
    "shares",
    metadata,
    Column("id", OwnId, primary_key=True),
    _of_session(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("system_prompt", Text),
    Column("prompts", Boolean, nullable=False),
    Column("speakers", JSONB, nullable=False),
    Column("message_ids", ARRAY(OwnId), nullable=False),  # with the versions that were shown, oldest first
    Column("versions", ARRAY(SmallInteger), nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
)
Index("shares_of_session", shares.c.session_id)

participants = Table(
    "participants",
    metadata,
    Column("id", OwnId, primary_key=True),
    _of_session(),
    Column("model_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("color", Text, nullable=False),
    Column("system_prompt", Text),
    Column("muted", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("persona", Text),  # the slug that it was made from; no reference, for that may be deleted
    Column("settings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # `AnswerSettings`
    _moment("created_at"),
    _moment("removed_at", nullable=True),
)
Index(
    "participants_of_session",
    participants.c.session_id,
    participants.c.name,
    unique=True,
    postgresql_where=participants.c.removed_at.is_(None),
)

branches = Table(
    "branches",
    metadata,
    Column("id", OwnId, primary_key=True),
    _of_session(),
    Column("parent_id", OwnId, ForeignKey("branches.id")),
    Column("first_round", Integer, nullable=False),  # its parent is visible up to the round before
    Column("edits", OwnId),  # the first wording of the message in whose place it begins
    Column("message_id", OwnId),  # with which it begins
    _moment("created_at"),
)
Index("branches_of_session", branches.c.session_id)

rounds = Table(
    "rounds",
    metadata,
    Column("session_id", OwnId, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # counts over all branches of a session
    Column("branch_id", OwnId, nullable=False),
    Column("state", Text, nullable=False),  # queued | running | ended
    Column("step", Integer, nullable=False),
    Column("message_id", OwnId),
    Column("addressed", ARRAY(OwnId)),  # null: everyone
    Column("model_id", Text),  # asked for by the message, instead of the participant's own
    Column("stopped", Boolean, nullable=False),
    Column("reason", Text),
    _moment("created_at"),
    _moment("ended_at", nullable=True),
)
QUEUED = rounds.c.state == text("'queued'")
Index("rounds_queued", rounds.c.session_id, rounds.c.number, postgresql_where=QUEUED)

messages = Table(
    "messages",
    metadata,
    Column("id", OwnId, primary_key=True),
    Column("version", Integer, primary_key=True),  # of a reply, from 1; a person's message has one
    _of_session(),
    Column("kind", Text, nullable=False),  # user | reply
    Column("branch_id", OwnId, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("active", Boolean, nullable=False),  # the version that is shown
    Column("text", Text, nullable=False),
    Column("author", Text),
    Column("client_message_id", Text),
    Column("addressed", ARRAY(OwnId)),
    Column("metadata", JSONB),
    Column("turn_id", OwnId),
    Column("participant_id", OwnId),
    Column("model", Text),  # the one that really answered; the one asked stands in the turn
    Column("finish_reason", Text),
    Column("usage", JSONB),
    Column("cost", Numeric),
    Column("context", JSONB),
    _moment("first_token_at", nullable=True),
    _moment("created_at"),
    _moment("deleted_at", nullable=True),  # then `text` is empty
)
Index("messages_of_session", messages.c.session_id, messages.c.round)
BY_PERSON = messages.c.kind == text("'user'")
Index(
    "messages_posted_once",
    messages.c.session_id,
    messages.c.author,
    messages.c.client_message_id,
    unique=True,
    postgresql_where=BY_PERSON,
)

pins = Table(
    "pins",
    metadata,
    Column("message_id", OwnId, primary_key=True),  # of a reply: in all its versions
    _of_session(),
    Column("seq", BigInteger, nullable=False),  # of the log entry that says so: the order of pinning
)
Index("pins_of_session", pins.c.session_id, pins.c.seq)

feedback = Table(
    "feedback",
    metadata,
    Column("reply_id", OwnId, primary_key=True),
    Column("version", Integer, primary_key=True),
    _of_session(),
    Column("rating", SmallInteger, nullable=False),  # 1 | -1
    Column("comment", Text, nullable=False),
    _moment("at"),
)

Index("feedback_of_session", feedback.c.session_id)  # for removing a room

turns = Table(
    "turns",
    metadata,
    Column("id", OwnId, primary_key=True),
    _of_session(),
    Column("reply_id", OwnId, nullable=False),
    Column("participant_id", OwnId, nullable=False),
    Column("model", Text, nullable=False),
    Column("branch_id", OwnId, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payer", Text, nullable=False),
    Column("min_seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | issued | claimed | ended
    Column("attempt", Integer, nullable=False),
    Column("issues", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # of the seat when it was asked
    _moment("next_issue_at", nullable=True),
    Column("worker", Text),
    _moment("lease_until", nullable=True),
    _moment("deadline", nullable=True),
    Column("rank", Integer),
    Column("started_attempt", Integer, nullable=False),  # the latest whose start is in the log
    _moment("stop_requested_at", nullable=True),
    Column("open_call", JSONB),
    Column("checkpointed", Integer, nullable=False),  # code points of this attempt in `checkpoints`
    Column("ending", Text),  # replied | failed | stopped
    Column("code", Text),
    Column("message", Text),
    Column("retryable", Boolean),
    _moment("created_at"),
    _moment("ended_at", nullable=True),
    postgresql_with={"fillfactor": "70"},
)
Index("turns_of_session", turns.c.session_id, turns.c.round)
Index("turns_of_reply", turns.c.reply_id)
OPEN = turns.c.state != text("'ended'")
# Small, for only open turns are in it: serves the payer's count, admission and every sweep. `lease_until` is in no
# index, so that a renewal touches none.
Index("turns_open", turns.c.payer, turns.c.id, postgresql_where=OPEN)

checkpoints = Table(
    "checkpoints",
    metadata,
    # No foreign key: rows are written and removed only under the turn's row lock, and are written every two seconds.
    Column("turn_id", OwnId, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("offset", Integer, primary_key=True),  # code points before `text`
    Column("text", Text, nullable=False),
)

session_log = Table(
    "session_log",
    metadata,
    Column("session_id", OwnId, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("data", JSONB, nullable=False),  # references and small data; see `palaver.session.log`
    _moment("at"),
    _moment("published_at", nullable=True),
)
Index(
    "session_log_unpublished",
    session_log.c.at,
    session_log.c.session_id,
    session_log.c.seq,
    postgresql_where=session_log.c.published_at.is_(None),
)

personas = Table(
    "personas",
    metadata,
    Column("owner_id", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("color", Text),
    Column("system_prompt", Text, nullable=False),
    Column("model", Text),
    _moment("created_at"),
    _moment("updated_at"),
)


def payer_lock(payer: Any) -> Any:
    """Waits for other transactions that admit turns of this payer; held until the transaction ends."""
    return func.pg_advisory_xact_lock(func.hashtextextended(literal("payer:").concat(payer), 0))


clock = func.clock_timestamp
"""Postgres's own clock, which alone judges leases; `now()` would be the beginning of the transaction."""
