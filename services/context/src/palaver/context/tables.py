"""The tables of the projection. Their history is in `migrations`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()
_Id = sa.Uuid(as_uuid=False)

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("epoch", sa.Text),
    sa.Column("cursor", sa.BigInteger),
    sa.Column("owner_id", _Id),
    sa.Column("mode", sa.Text),
    sa.Column("prompt_mode", sa.Text),
    sa.Column("system_prompt", sa.Text),
    sa.Column("path", ARRAY(sa.Text)),
    sa.Column("deleted", sa.Boolean),
    sa.Column("summaries", sa.Integer),
)
"""`summaries`: versions of summaries that there ever were."""
seats = sa.Table(
    "seats",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("participant_id", _Id, primary_key=True),
    sa.Column("model_id", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("position", sa.Integer),
    sa.Column("system_prompt", sa.Text),
    sa.Column("muted", sa.Boolean),
    sa.Column("removed", sa.Boolean),
)
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("message_id", _Id, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("branch", sa.Text),
    sa.Column("round", sa.Integer),
    sa.Column("step", sa.Integer),
    sa.Column("rank", sa.Integer),
    sa.Column("seq", sa.BigInteger),
    sa.Column("author", _Id),
    sa.Column("participant_id", _Id),
    sa.Column("model", sa.Text),
    sa.Column("mark", sa.Text),
    sa.Column("deleted", sa.Boolean),
    sa.Column("text", sa.Text),
    sa.Column("changed", sa.BigInteger),
    sa.Column("counts", JSONB),
)
forks = sa.Table(
    "forks",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("branch", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text),
    sa.Column("first_round", sa.Integer),
)
pins = sa.Table(
    "pins",
    metadata,
    sa.Column("session_id", _Id, primary_key=True),
    sa.Column("message_id", _Id, primary_key=True),
    sa.Column("seq", sa.BigInteger),
)
