"""What was done to one thing is found by its kind and id.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("ix_audit_target_at", "audit", ["target_kind", "target_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_audit_target_at", "audit")
