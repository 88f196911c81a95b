"""Providers and models that administrators add.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from palaver.servicekit import outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "registry",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_registry_one"),
    )
    op.execute("INSERT INTO registry (id, version) VALUES (1, 0)")
    for table in ("providers", "models"):
        op.create_table(
            table,
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("facts", JSONB, nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("updated_by", sa.Uuid(as_uuid=False), nullable=False),
        )
    op.execute(outbox.DDL)


def downgrade() -> None:
    for table in ("outbox", "models", "providers", "registry"):
        op.drop_table(table)
