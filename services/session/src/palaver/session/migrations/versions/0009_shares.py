"""Links to rooms.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("system_prompt", sa.Text),
        sa.Column("prompts", sa.Boolean, nullable=False),
        sa.Column("speakers", JSONB, nullable=False),
        sa.Column("message_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("versions", ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
    )
    op.create_index("shares_of_session", "shares", ["session_id"])


def downgrade() -> None:
    op.drop_table("shares")
