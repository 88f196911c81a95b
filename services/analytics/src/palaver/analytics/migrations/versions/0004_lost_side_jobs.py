"""Which call a side job reserves for, and whose key pays for it, so that the vault can be told of one that died.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from palaver.servicekit import outbox

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("reservations", sa.Column("call_id", sa.Uuid(as_uuid=False)))
    op.add_column("reservations", sa.Column("key_id", sa.Uuid(as_uuid=False)))
    op.execute(outbox.DDL)


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_column("reservations", "key_id")
    op.drop_column("reservations", "call_id")
