"""Summaries of what fell out of windows, and those that are being written.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

ID = sa.Uuid(as_uuid=False)
AT = sa.DateTime(timezone=True)


def _coverage() -> list[sa.Column[object]]:
    return [
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("reach", JSONB, nullable=False),
    ]


def upgrade() -> None:
    op.add_column("rooms", sa.Column("summaries", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "summaries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        *_coverage(),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Text),
        sa.Column("author", ID),
        sa.Column("made_from", ID),
        sa.Column("created_at", AT, nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("session_id", "version"),
    )
    op.create_table(
        "summary_jobs",
        sa.Column("session_id", ID, primary_key=True),
        sa.Column("window", sa.Integer, primary_key=True),
        sa.Column("completion_id", ID, unique=True),
        *_coverage(),
        sa.Column("target", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("made_from", ID),
        sa.Column("begun_at", AT, nullable=False, server_default=sa.func.now()),
        sa.Column("not_before", AT, nullable=False, server_default=sa.func.now()),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_table("summary_jobs")
    op.drop_table("summaries")
    op.drop_column("rooms", "summaries")
