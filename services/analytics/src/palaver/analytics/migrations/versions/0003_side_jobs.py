"""Side jobs: calls and reservations that belong to no turn and no participant, sometimes to no room.

`turn_id` and `attempt` of a side job are its own id and the delivery. `call` and what follows it say what is booked
should that call never be heard of again.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("facts", "participant_id", nullable=True)
    for table in ("facts", "reservations"):
        op.alter_column(table, "session_id", nullable=True)
        op.add_column(table, sa.Column("purpose", sa.Text, nullable=False, server_default="turn"))
    for column in (
        sa.Column("call", sa.Integer),
        sa.Column("provider", sa.Text),
        sa.Column("prompt_tokens", sa.BigInteger),
        sa.Column("prompt_cost", sa.Numeric),
    ):
        op.add_column("reservations", column)


def downgrade() -> None:
    for table in ("facts", "reservations"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE purpose <> 'turn'"))  # noqa: S608 - the names stand above
    for column in ("prompt_cost", "prompt_tokens", "provider", "call"):
        op.drop_column("reservations", column)
    for table in ("facts", "reservations"):
        op.drop_column(table, "purpose")
        op.alter_column(table, "session_id", nullable=False)
    op.alter_column("facts", "participant_id", nullable=False)
