"""Invitations and their codes, and letters to people and to who is invited that wait to be mailed.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, sa.ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("email", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        _reference("created_by", "users.id"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
    )
    for column in ("email", "created_by", "created_at", "expires_at"):
        op.create_index(f"ix_invitations_{column}", "invitations", [column])
    op.create_table(
        "invitation_codes",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _reference("invitation_id", "invitations.id"),
    )
    op.create_index("ix_invitation_codes_invitation_id", "invitation_codes", ["invitation_id"])
    op.create_table(
        "letters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        _reference("user_id", "users.id", nullable=True),
        _reference("invitation_id", "invitations.id", nullable=True),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("due_at"),
    )
    for column in ("user_id", "invitation_id", "due_at"):
        op.create_index(f"ix_letters_{column}", "letters", [column])


def downgrade() -> None:
    for table in ("letters", "invitation_codes", "invitations"):
        op.drop_table(table)
