"""Keys that a passphrase protects, and who unlocked theirs.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("keys", sa.Column("derivation", JSONB))
    op.create_table(
        "unlocks",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("sid", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_unlocks_until", "unlocks", ["until"])


def downgrade() -> None:
    op.drop_table("unlocks")
    op.drop_column("keys", "derivation")
