"""The side job that is to give a room its title.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("title_job", sa.Uuid(as_uuid=False)))


def downgrade() -> None:
    op.drop_column("sessions", "title_job")
