"""What providers report of their tokens, per model; counts by script class, which are made again when they are needed.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE entries SET counts = '{}'::jsonb")
    op.create_table(
        "calibrations",
        sa.Column("model_id", sa.Text, primary_key=True),
        sa.Column("encoding", sa.Text, primary_key=True),
        sa.Column("moments", ARRAY(sa.Double), nullable=False),
        sa.Column("observations", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_index("calibrations_by_change", "calibrations", ["changed_at"])


def downgrade() -> None:
    op.execute("UPDATE entries SET counts = '{}'::jsonb")
    op.drop_table("calibrations")
