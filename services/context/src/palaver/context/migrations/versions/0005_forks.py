"""Where branches of a conversation begin.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "forks",
        sa.Column("session_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("branch", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("first_round", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("forks")
