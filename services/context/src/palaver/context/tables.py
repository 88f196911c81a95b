"""The tables of this service. Their history is in `migrations`; a test compares both."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()
_Id = sa.Uuid(as_uuid=False)
_At = sa.DateTime(timezone=True)

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    sa.Column("owner_id", _Id),
    sa.Column("mode", sa.Text),
    sa.Column("prompt_mode", sa.Text),
    sa.Column("system_prompt", sa.Text),
    sa.Column("path", ARRAY(sa.Text)),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("summaries", sa.Integer, nullable=False, server_default=sa.text("0")),
)
"""`summaries`: versions of summaries that there ever were."""
seats = sa.Table(
    "seats",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("participant_id", _Id, primary_key=True),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("system_prompt", sa.Text),
    sa.Column("muted", sa.Boolean, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
)
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("message_id", _Id, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("branch", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("author", _Id),
    sa.Column("participant_id", _Id),
    sa.Column("model", sa.Text),
    sa.Column("mark", sa.Text),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("counts", JSONB, nullable=False),
)
forks = sa.Table(
    "forks",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("branch", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text, nullable=False),
    sa.Column("first_round", sa.Integer, nullable=False),
)
pins = sa.Table(
    "pins",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("message_id", _Id, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
calibrations = sa.Table(
    "calibrations",
    metadata,
    sa.Column("model_id", sa.Text, primary_key=True),
    sa.Column("encoding", sa.Text, primary_key=True),
    sa.Column("moments", ARRAY(sa.Double), nullable=False),
    sa.Column("observations", sa.BigInteger, nullable=False),
    sa.Column("changed_at", _At, nullable=False, server_default=sa.func.now()),
    sa.Index("calibrations_by_change", "changed_at"),
)


def _coverage() -> list[sa.Column[Any]]:
    return [
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("reach", JSONB, nullable=False),
    ]


summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("session_id", _Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("window", sa.Integer, nullable=False),
    *_coverage(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("model_id", sa.Text),
    sa.Column("author", _Id),
    sa.Column("made_from", _Id),
    sa.Column("created_at", _At, nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("session_id", "version"),
)
summary_jobs = sa.Table(
    "summary_jobs",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("window", sa.Integer, primary_key=True),
    sa.Column("completion_id", _Id, unique=True),
    *_coverage(),
    sa.Column("target", sa.Integer, nullable=False),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("made_from", _Id),
    sa.Column("begun_at", _At, nullable=False, server_default=sa.func.now()),
    sa.Column("not_before", _At, nullable=False, server_default=sa.func.now()),
    sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
)
