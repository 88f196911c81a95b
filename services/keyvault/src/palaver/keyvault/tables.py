"""The tables of the keyvault. A test compares them with what the migrations make."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("checked_at", DateTime(timezone=True)),
    Column("check_code", Text),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("weight", Integer, nullable=False, server_default="1"),
    Column("place", Integer, nullable=False, server_default="0"),
    Column("scope", Text, nullable=False, server_default="personal"),
    Column("roles", JSONB, nullable=False, server_default="[]"),
    Column("quota", JSONB, nullable=False, server_default="{}"),
    Column("derivation", JSONB(none_as_null=True)),
    Index("ix_keys_user_id_provider_host", "user_id", "provider", "host"),
    Index("ix_keys_shared", "provider", "host", postgresql_where=text("scope = 'shared'")),
)

envelopes = Table(
    "envelopes",
    metadata,
    Column("key_id", Text, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    Column("kek_version", Integer, nullable=False, index=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

key_days = Table(
    "key_days",
    metadata,
    Column("key_id", Text, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("tokens_input", BigInteger, nullable=False),
    Column("tokens_output", BigInteger, nullable=False),
    Column("cost", Numeric, nullable=False),
)

counted_calls = Table(
    "counted_calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("estimate", JSONB(none_as_null=True)),  # what was counted of a call whose worker died
)

quota_notices = Table(
    "quota_notices",
    metadata,
    Column("key_id", Text, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("begins", Date, primary_key=True),
    Column("allowed", Numeric, primary_key=True),
    Column("exceeded", Boolean, primary_key=True),
)

unusual_days = Table(
    "unusual_days",
    metadata,
    Column("key_id", Text, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("amount", Numeric, nullable=False),
    Column("usual", Numeric, nullable=False),
)

unlocks = Table(
    "unlocks",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("sid", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
