"""Rounds as rows: what follows a person's message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from palaver.session.domain import Round
from palaver.session.store.tables import own_id

_CHANGING = ("state", "step", "stopped", "reason", "ended_at")


def row_of(new: Round, at: datetime) -> dict[str, Any]:
    """A new round's row."""
    return {
        "session_id": new.session_id,
        "number": new.number,
        "branch_id": new.branch,
        "message_id": new.message_id,
        "addressed": None if new.addressed is None else [own_id(participant) for participant in new.addressed],
        "model_id": new.model_id,
        "created_at": at,
        **{name: getattr(new, name) for name in _CHANGING},
    }


def change_of(changed: Round) -> dict[str, Any]:
    """What may change in a round's row, with its key."""
    key = {"session_id": changed.session_id, "number": changed.number}
    return key | {name: getattr(changed, name) for name in _CHANGING}


def round_of(row: Mapping[str, Any]) -> Round:
    """A round that is still to end, from its row."""
    return Round(
        session_id=row["session_id"],
        number=row["number"],
        branch=row["branch_id"],
        state=row["state"],
        step=row["step"],
        message_id=row["message_id"],
        addressed=None if row["addressed"] is None else tuple(row["addressed"]),
        model_id=row["model_id"],
        stopped=row["stopped"],
    )
