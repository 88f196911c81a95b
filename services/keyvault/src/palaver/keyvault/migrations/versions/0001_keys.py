"""Keys and their envelopes.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from palaver.servicekit import outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("check_code", sa.Text),
    )
    op.create_index("ix_keys_user_id_provider_host", "keys", ["user_id", "provider", "host"])
    op.create_table(
        "envelopes",
        sa.Column("key_id", sa.Text, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kek_version", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_envelopes_kek_version", "envelopes", ["kek_version"])
    op.execute(outbox.DDL)


def downgrade() -> None:
    for table in ("outbox", "envelopes", "keys"):
        op.drop_table(table)
