"""Keys in an order with weights, shared keys, quotas and what was used of them.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("weight", sa.Integer, nullable=False, server_default="1"),
        sa.Column("place", sa.Integer, nullable=False, server_default="0"),
        sa.Column("scope", sa.Text, nullable=False, server_default="personal"),
        sa.Column("roles", JSONB, nullable=False, server_default="[]"),
        sa.Column("quota", JSONB, nullable=False, server_default="{}"),
    ):
        op.add_column("keys", column)
    op.execute("UPDATE keys SET enabled = false, status = 'active' WHERE status = 'disabled'")
    op.create_index("ix_keys_shared", "keys", ["provider", "host"], postgresql_where=sa.text("scope = 'shared'"))
    op.create_table(
        "key_days",
        sa.Column("key_id", sa.Text, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("tokens_input", sa.BigInteger, nullable=False),
        sa.Column("tokens_output", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.Numeric, nullable=False),
    )
    op.create_table(
        "counted_calls",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_counted_calls_at", "counted_calls", ["at"])
    op.create_table(
        "quota_notices",
        sa.Column("key_id", sa.Text, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("measure", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("begins", sa.Date, primary_key=True),
        sa.Column("allowed", sa.Numeric, primary_key=True),
        sa.Column("exceeded", sa.Boolean, primary_key=True),
    )


def downgrade() -> None:
    for table in ("quota_notices", "counted_calls", "key_days"):
        op.drop_table(table)
    op.drop_index("ix_keys_shared", "keys")
    for column in ("quota", "roles", "scope", "place", "weight", "enabled"):
        op.drop_column("keys", column)
