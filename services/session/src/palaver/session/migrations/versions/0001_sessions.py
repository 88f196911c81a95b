"""Sessions and their seats, rounds, turns, messages, and the session log.

Revision ID: 0001
"""

from alembic import op

from palaver.servicekit import outbox

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE checkpoints (
        turn_id UUID NOT NULL,
        attempt INTEGER NOT NULL,
        "offset" INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (turn_id, attempt, "offset")
    )
    """,
    """
    CREATE TABLE sessions (
        id UUID NOT NULL,
        owner_id TEXT NOT NULL,
        title TEXT NOT NULL,
        mode TEXT NOT NULL,
        mode_version INTEGER NOT NULL,
        mode_state JSONB NOT NULL,
        prompt_mode TEXT NOT NULL,
        system_prompt TEXT,
        state TEXT NOT NULL,
        archived BOOLEAN NOT NULL,
        path UUID[] NOT NULL,
        epoch TEXT NOT NULL,
        head_seq BIGINT NOT NULL,
        last_round INTEGER NOT NULL,
        current_round INTEGER,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id)
    )
     WITH (fillfactor = 70)
    """,
    """
    CREATE INDEX sessions_of_owner ON sessions (owner_id, updated_at DESC) WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE branches (
        id UUID NOT NULL,
        session_id UUID NOT NULL,
        parent_id UUID,
        first_round INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
        FOREIGN KEY(parent_id) REFERENCES branches (id)
    )
    """,
    """
    CREATE INDEX branches_of_session ON branches (session_id)
    """,
    """
    CREATE TABLE messages (
        id UUID NOT NULL,
        version INTEGER NOT NULL,
        session_id UUID NOT NULL,
        kind TEXT NOT NULL,
        branch_id UUID NOT NULL,
        round INTEGER NOT NULL,
        step INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        active BOOLEAN NOT NULL,
        text TEXT NOT NULL,
        author TEXT,
        client_message_id TEXT,
        addressed UUID[],
        metadata JSONB,
        turn_id UUID,
        participant_id UUID,
        model TEXT,
        finish_reason TEXT,
        usage JSONB,
        cost NUMERIC,
        context JSONB,
        first_token_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id, version),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX messages_of_session ON messages (session_id, round)
    """,
    """
    CREATE UNIQUE INDEX messages_posted_once ON messages (session_id, author, client_message_id) WHERE kind = 'user'
    """,
    """
    CREATE TABLE participants (
        id UUID NOT NULL,
        session_id UUID NOT NULL,
        model_id TEXT NOT NULL,
        name TEXT NOT NULL,
        color TEXT NOT NULL,
        system_prompt TEXT,
        muted BOOLEAN NOT NULL,
        position INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE UNIQUE INDEX participants_of_session ON participants (session_id, name) WHERE removed_at IS NULL
    """,
    """
    CREATE TABLE rounds (
        session_id UUID NOT NULL,
        number INTEGER NOT NULL,
        branch_id UUID NOT NULL,
        state TEXT NOT NULL,
        step INTEGER NOT NULL,
        message_id UUID,
        addressed UUID[],
        model_id TEXT,
        stopped BOOLEAN NOT NULL,
        reason TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (session_id, number),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX rounds_queued ON rounds (session_id, number) WHERE state = 'queued'
    """,
    """
    CREATE TABLE session_log (
        session_id UUID NOT NULL,
        seq BIGINT NOT NULL,
        name TEXT NOT NULL,
        data JSONB NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        published_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (session_id, seq),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX session_log_unpublished ON session_log (at, session_id, seq) WHERE published_at IS NULL
    """,
    """
    CREATE TABLE turns (
        id UUID NOT NULL,
        session_id UUID NOT NULL,
        reply_id UUID NOT NULL,
        participant_id UUID NOT NULL,
        model TEXT NOT NULL,
        branch_id UUID NOT NULL,
        round INTEGER NOT NULL,
        step INTEGER NOT NULL,
        speaker TEXT NOT NULL,
        version INTEGER NOT NULL,
        payer TEXT NOT NULL,
        min_seq BIGINT NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        issues INTEGER NOT NULL,
        deaths INTEGER NOT NULL,
        next_issue_at TIMESTAMP WITH TIME ZONE,
        worker TEXT,
        lease_until TIMESTAMP WITH TIME ZONE,
        deadline TIMESTAMP WITH TIME ZONE,
        rank INTEGER,
        started_attempt INTEGER NOT NULL,
        stop_requested_at TIMESTAMP WITH TIME ZONE,
        open_call JSONB,
        checkpointed INTEGER NOT NULL,
        ending TEXT,
        code TEXT,
        message TEXT,
        retryable BOOLEAN,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id),
        FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
    )
     WITH (fillfactor = 70)
    """,
    """
    CREATE INDEX turns_of_session ON turns (session_id, round)
    """,
    """
    CREATE INDEX turns_open ON turns (payer, id) WHERE state != 'ended'
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute(outbox.DDL)


def downgrade() -> None:
    op.execute("DROP TABLE outbox, session_log, checkpoints, turns, messages, rounds, branches, participants, sessions")
