"""With which program something was done.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("audit", sa.Column("device", sa.Text))


def downgrade() -> None:
    op.drop_column("audit", "device")
