"""Turns that are over, remembered for as long as somebody may still ask for money for them.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "ended_turns",
        sa.Column("turn_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ended_turns_by_age", "ended_turns", ["ended_at"])


def downgrade() -> None:
    op.drop_table("ended_turns")
