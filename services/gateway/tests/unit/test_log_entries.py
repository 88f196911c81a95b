"""Every kind of log entry that session can write must be readable here, or its room stands still for its clients."""

from datetime import UTC, datetime
from typing import Any

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.session_log import (
    MessagePosted,
    Posting,
    TurnEnd,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStopped,
    UserMessage,
)
from palaver.gateway.realtime.entries import read_entry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TURN: dict[str, Any] = {
    "turn_id": "t1",
    "reply_id": "r1",
    "participant_id": "p1",
    "model": "m",
    "branch": "b",
    "round": 1,
    "step": 1,
    "speaker": "Swift",
}
END = TurnEnd(**TURN, code=ErrorCode.KEY_INVALID, message="The key is not accepted.", retryable=False)
POST = UserMessage.model_validate(
    {
        "id": "m1",
        "client_message_id": "c1",
        "author": "u1",
        "content": "…",
        "branch": "b",
        "round": 1,
        "created_at": NOW,
    }
)


def wire(kind: Any, data: Any) -> bytes:
    return kind(session_id="s1", epoch="e", seq=7, at=NOW, data=data).model_dump_json().encode()


@pytest.mark.parametrize("kind", [TurnFailed, TurnStopped])
def test_a_turn_that_ended_without_text_is_ended_for_the_relay(kind: Any):
    entry = read_entry(wire(kind, END))
    assert (entry.seq, entry.turn, entry.ends_turn, entry.client_message_id) == (7, b"t1", True, None)


def test_a_post_confirms_its_client_message_id():
    entry = read_entry(wire(MessagePosted, Posting(message=POST)))
    assert (entry.client_message_id, entry.turn) == ("c1", None)


def test_a_requested_turn_begins():
    entry = read_entry(wire(TurnRequested, TurnRef(**TURN)))
    assert (entry.begins_turn, entry.ends_turn, entry.turn) == (True, False, b"t1")
