"""By which sign-in something was done.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("audit", sa.Column("sign_in", sa.Text))


def downgrade() -> None:
    op.drop_column("audit", "sign_in")
