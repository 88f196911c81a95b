"""Days on which a key was used unusually.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "unusual_days",
        sa.Column("key_id", sa.Text, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.Column("usual", sa.Numeric, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("unusual_days")
