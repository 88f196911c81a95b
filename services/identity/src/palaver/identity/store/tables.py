"""The tables of the identity service. A test compares them with what the migrations make."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _moment(name: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable, index=index)


def _person(*, primary_key: bool = False, index: bool = False) -> Column[Any]:
    """Whose row it is: it goes with them."""
    gone = ForeignKey("users.id", ondelete="CASCADE")
    return Column("user_id", Text, gone, primary_key=primary_key, nullable=False, index=index)


users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("nickname", Text, nullable=False),
    Column("avatar_url", Text),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    _moment("created_at"),
    _moment("deleted_at", nullable=True),
)
BURIED = users.c.deleted_at.is_not(None)
Index("ix_users_deleted_at", users.c.deleted_at, postgresql_where=BURIED)

passwords = Table(
    "passwords",
    metadata,
    _person(primary_key=True),
    Column("hash", Text, nullable=False),
    _moment("changed_at"),
)

preferences = Table(
    "preferences",
    metadata,
    _person(primary_key=True),
    Column("wanted", JSONB, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("asked_from", Text),
    Column("attempts", Integer, nullable=False),
    _moment("created_at"),
    _moment("due_at"),
    Index("ix_mails_due_at", "due_at"),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _person(index=True),
    _moment("expires_at"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, index=True),
    Column("role", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("created_by", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    _moment("created_at", index=True),
    _moment("expires_at", index=True),
    _moment("revoked_at", nullable=True),
)

invitation_codes = Table(
    "invitation_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("invitation_id", Text, ForeignKey("invitations.id", ondelete="CASCADE"), nullable=False, index=True),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("invitation_id", Text, ForeignKey("invitations.id", ondelete="CASCADE"), index=True),
    Column("language", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    _moment("created_at"),
    _moment("due_at", index=True),
)

second_factors = Table(
    "second_factors",
    metadata,
    _person(primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    _moment("confirmed_at", nullable=True),
    Column("last_step", BigInteger),
    Column("wrong", Integer, nullable=False),
    _moment("locked_until", nullable=True),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _person(index=True),
)

sign_in_challenges = Table(
    "sign_in_challenges",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _person(index=True),
    Column("wrong", Integer, nullable=False),
    _moment("expires_at"),
)

refresh_families = Table(
    "refresh_families",
    metadata,
    Column("id", Text, primary_key=True),
    _person(index=True),
    _moment("created_at"),
    _moment("ends_at"),
    _moment("used_at"),
    _moment("ended_at", nullable=True),
    Column("ended", Text),
    Column("address", Text),
    Column("device", Text),
    Index("ix_refresh_families_ends_at", "ends_at"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("family_id", Text, ForeignKey("refresh_families.id", ondelete="CASCADE"), nullable=False, index=True),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
    Index("ix_refresh_tokens_expires_at", "expires_at"),
)

ended_sign_ins = Table(
    "ended_sign_ins",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    _moment("until"),
)

outside_accounts = Table(
    "outside_accounts",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    _person(index=True),
    _moment("created_at"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _person(index=True),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("used_at", nullable=True),
)

audit = Table(
    "audit",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    _moment("at"),
    Column("actor_id", Text),
    Column("action", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("address", Text),
    Column("device", Text),
    Column("sign_in", Text),
    Column("details", JSONB, nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor_id_at", "actor_id", "at"),
    Index("ix_audit_target_at", "target_kind", "target_id", "at"),
)
