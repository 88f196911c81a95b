"""Branches that begin with another wording of a message.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("branches", sa.Column("edits", sa.Uuid))
    op.add_column("branches", sa.Column("message_id", sa.Uuid))


def downgrade() -> None:
    op.drop_column("branches", "message_id")
    op.drop_column("branches", "edits")
