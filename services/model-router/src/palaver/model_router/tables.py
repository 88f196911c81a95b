"""The tables of the model-router. A test compares them with what the migrations make."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

registry = Table(
    "registry",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="ck_registry_one"),
)
"""One row: counts changes, and whoever changes something holds its lock."""


def _added(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        Column("facts", JSONB, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("updated_by", Uuid(as_uuid=False)),
    )


providers = _added("providers")
models = _added("models")
"""`facts`: an entry of the catalogue, see `entries.py`. `updated_by` is null once that person is gone."""

configs = Table(
    "configs",
    metadata,
    Column("user_id", Uuid(as_uuid=False), primary_key=True),
    Column("model_id", Text, primary_key=True),
    Column("temperature", Double),
    Column("top_p", Double),
    Column("max_tokens", Integer),
)
"""What people chose for themselves; what is null is the provider's to decide."""
