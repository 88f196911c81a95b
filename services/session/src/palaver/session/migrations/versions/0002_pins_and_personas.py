"""Pinned messages, and personas as presets for participants.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = (
    """
    CREATE TABLE pins (
        message_id UUID NOT NULL,
        session_id UUID NOT NULL,
        seq BIGINT NOT NULL,
        PRIMARY KEY (message_id),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX pins_of_session ON pins (session_id, seq)
    """,
    """
    CREATE TABLE personas (
        owner_id TEXT NOT NULL,
        slug TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        color TEXT,
        system_prompt TEXT NOT NULL,
        model TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (owner_id, slug)
    )
    """,
    """
    ALTER TABLE participants ADD COLUMN persona TEXT
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE participants DROP COLUMN persona")
    op.execute("DROP TABLE pins, personas")
