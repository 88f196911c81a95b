"""People, sign-ins, one-time codes, the audit trail.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from palaver.servicekit import outbox

revision = "0001"
down_revision = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(table: str, name: str, *, primary_key: bool = False) -> sa.Column[object]:
    target = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Text, target, primary_key=primary_key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("nickname", sa.Text, nullable=False),
        sa.Column("avatar_url", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        _moment("created_at"),
    )
    op.create_table(
        "passwords",
        _of("users", "user_id", primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        _moment("changed_at"),
    )
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.Text, primary_key=True),
        _of("users", "user_id"),
        _moment("created_at"),
        _moment("ends_at"),
        _moment("used_at"),
        _moment("ended_at", nullable=True),
        sa.Column("ended", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("device", sa.Text),
    )
    op.create_index("ix_refresh_families_user_id", "refresh_families", ["user_id"])
    op.create_index("ix_refresh_families_ends_at", "refresh_families", ["ends_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _of("refresh_families", "family_id"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
    )
    op.create_index("ix_refresh_tokens_family_id", "refresh_tokens", ["family_id"])
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.create_table(
        "sign_in_codes",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _of("users", "user_id"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
    )
    op.create_index("ix_sign_in_codes_user_id", "sign_in_codes", ["user_id"])
    op.create_table(
        "audit",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        _moment("at"),
        sa.Column("actor_id", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target_kind", sa.Text, nullable=False),
        sa.Column("target_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("details", JSONB, nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_actor_id_at", "audit", ["actor_id", "at"])
    op.execute(outbox.DDL)


def downgrade() -> None:
    for table in ("outbox", "audit", "sign_in_codes", "refresh_tokens", "refresh_families", "passwords", "users"):
        op.drop_table(table)
