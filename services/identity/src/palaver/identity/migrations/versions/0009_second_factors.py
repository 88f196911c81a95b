"""Second factors: authenticators' secrets, recovery codes, and sign-ins that wait for a code.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _user_id(*, primary_key: bool = False) -> sa.Column[object]:
    target = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Text, target, primary_key=primary_key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "second_factors",
        _user_id(primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _user_id(),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    op.create_table(
        "sign_in_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _user_id(),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_sign_in_challenges_user_id", "sign_in_challenges", ["user_id"])


def downgrade() -> None:
    for table in ("sign_in_challenges", "recovery_codes", "second_factors"):
        op.drop_table(table)
