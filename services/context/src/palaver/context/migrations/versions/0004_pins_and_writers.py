"""Pinned messages, and which model wrote a reply; unknown (null) for what was projected before.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("entries", sa.Column("model", sa.Text))
    op.create_table(
        "pins",
        sa.Column("session_id", ID, primary_key=True),
        sa.Column("message_id", ID, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("pins")
    op.drop_column("entries", "model")
