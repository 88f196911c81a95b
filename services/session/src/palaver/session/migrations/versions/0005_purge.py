"""Rooms that are to be removed for good.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("purge", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("sessions_to_purge", "sessions", ["id"], postgresql_where=sa.text("purge IS true"))


def downgrade() -> None:
    op.drop_index("sessions_to_purge", "sessions")
    op.drop_column("sessions", "purge")
