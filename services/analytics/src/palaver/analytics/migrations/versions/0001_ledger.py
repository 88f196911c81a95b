"""Usage facts, daily rollups, what a payer spent in a day, and reservations.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.Uuid(as_uuid=False)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("turn_id", ID, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("call", sa.Integer, primary_key=True),
        sa.Column("payer", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("key_id", ID),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("tokens_input", sa.BigInteger, nullable=False),
        sa.Column("tokens_output", sa.BigInteger, nullable=False),
        sa.Column("tokens_cached", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.Numeric, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("first_token_seconds", sa.Float),
        sa.Column("duration_seconds", sa.Float),
    )
    op.create_index("facts_by_payer", "facts", ["payer", "day"])
    op.create_table(
        "rollups",
        sa.Column("payer", ID, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("model_id", sa.Text, primary_key=True),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("tokens_input", sa.BigInteger, nullable=False),
        sa.Column("tokens_output", sa.BigInteger, nullable=False),
        sa.Column("tokens_cached", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.Numeric, nullable=False),
        sa.Column("estimated", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "payer_days",
        sa.Column("payer", ID, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("spent", sa.Numeric, nullable=False),
    )
    op.create_table(
        "reservations",
        sa.Column("turn_id", ID, primary_key=True),
        sa.Column("payer", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.Column("remaining", sa.Numeric, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
    )
    op.create_index("reservations_by_payer", "reservations", ["payer"])
    op.create_index("reservations_by_age", "reservations", ["updated_at"])


def downgrade() -> None:
    for table in ("reservations", "payer_days", "rollups", "facts"):
        op.drop_table(table)
