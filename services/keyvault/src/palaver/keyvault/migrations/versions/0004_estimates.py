"""Calls of workers that died are counted as estimated.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("counted_calls", sa.Column("estimate", JSONB))


def downgrade() -> None:
    op.drop_column("counted_calls", "estimate")
