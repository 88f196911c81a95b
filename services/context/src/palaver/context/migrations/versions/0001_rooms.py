"""Rooms, seats and entries: the projection of the session log.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("session_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False)),
        sa.Column("mode", sa.Text),
        sa.Column("prompt_mode", sa.Text),
        sa.Column("system_prompt", sa.Text),
        sa.Column("path", ARRAY(sa.Text)),
        sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "seats",
        sa.Column("session_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("participant_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("system_prompt", sa.Text),
        sa.Column("muted", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("session_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("message_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("branch", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Uuid(as_uuid=False)),
        sa.Column("participant_id", sa.Uuid(as_uuid=False)),
        sa.Column("mark", sa.Text),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("counts", JSONB, nullable=False),
    )


def downgrade() -> None:
    for table in ("entries", "seats", "rooms"):
        op.drop_table(table)
