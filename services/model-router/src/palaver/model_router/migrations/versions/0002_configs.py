"""What people chose for a model; a registry that may forget who changed it.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "configs",
        sa.Column("user_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("model_id", sa.Text, primary_key=True),
        sa.Column("temperature", sa.Double),
        sa.Column("top_p", sa.Double),
        sa.Column("max_tokens", sa.Integer),
    )
    for table in ("providers", "models"):
        op.alter_column(table, "updated_by", nullable=True)


def downgrade() -> None:
    op.drop_table("configs")
