"""When somebody left.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("users", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    left = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_users_deleted_at", "users", ["deleted_at"], postgresql_where=left)


def downgrade() -> None:
    op.drop_index("ix_users_deleted_at", "users")
    op.drop_column("users", "deleted_at")
