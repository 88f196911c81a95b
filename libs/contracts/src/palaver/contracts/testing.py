"""Valid contract values for tests that are about something else."""

from datetime import UTC, datetime
from typing import Any

from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.session_log import SessionView, TurnRef

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def session_view(**changes: Any) -> SessionView:
    """A room in mode `parallel` with nobody in it, `running`."""
    facts: dict[str, Any] = {
        "id": SessionId("s"),
        "owner_id": UserId("u"),
        "title": "",
        "mode": "parallel",
        "state": "running",
        "prompt_mode": "unified",
        "system_prompt": None,
        "archived": False,
        "participants": (),
        "path": ("b",),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return SessionView(**facts | changes)


def turn_ref(**changes: Any) -> TurnRef:
    """A turn of the first round."""
    facts: dict[str, Any] = {
        "turn_id": TurnId("t"),
        "reply_id": MessageId("r"),
        "participant_id": ParticipantId("p"),
        "model": "m",
        "branch": "b",
        "round": 1,
        "step": 0,
        "speaker": "Swift",
    }
    return TurnRef(**facts | changes)
