"""Deleted rooms can be restored for a while; those that were deleted before this go, as their people were told.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index("deleted_sessions", "sessions", ["deleted_at"], postgresql_where=deleted)
    op.execute("UPDATE sessions SET purge = true WHERE deleted_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("deleted_sessions", "sessions")
