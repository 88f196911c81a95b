"""The imaginary service's tables."""

from alembic import op

from palaver.servicekit import inbox, outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE note (id text PRIMARY KEY, text text NOT NULL)")
    op.execute(outbox.DDL)
    for statement in inbox.STATEMENTS:
        op.execute(statement)
