"""A person's deleted rooms are listed by an index.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "deleted_sessions_of_owner",
        "sessions",
        ["owner_id", sa.text("deleted_at DESC")],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("deleted_sessions_of_owner", "sessions")
