"""A turn that ended without a reply looks the same to who watched it and to who comes later: nothing is left of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from palaver.client.transcript import Transcript
from palaver.contracts.client_protocol import Attached, Delta, FailedTurnItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.session_log import (
    SessionView,
    TurnEnd,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStart,
    TurnStarted,
    TurnStopped,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = SessionId("s")
TURN: dict[str, Any] = {
    "turn_id": TurnId("t"),
    "reply_id": MessageId("r"),
    "participant_id": ParticipantId("p"),
    "model": "m",
    "branch": "b",
    "round": 1,
    "step": 0,
    "speaker": "Swift",
}
ROOM = SessionView(
    id=SESSION,
    owner_id=UserId("u"),
    title="",
    mode="parallel",
    state="awaiting_input",
    prompt_mode="unified",
    system_prompt=None,
    archived=False,
    participants=(),
    path=("b",),
    created_at=NOW,
    updated_at=NOW,
)


def entry(kind: Any, seq: int, data: Any) -> Any:
    return kind(session_id=SESSION, epoch="e", seq=seq, at=NOW, data=data)


@pytest.mark.parametrize(("kind", "code"), [(TurnFailed, ErrorCode.INTERRUPTED), (TurnStopped, ErrorCode.STOPPED)])
def test_what_was_shown_of_a_turn_without_a_reply_is_taken_back(kind: Any, code: ErrorCode):
    watched = Transcript(session=ROOM, epoch="e")
    watched.apply(entry(TurnRequested, 1, TurnRef(**TURN)))
    watched.apply(entry(TurnStarted, 2, TurnStart(**TURN, attempt=1, rank=2)))
    watched.delta(Delta(turn_id=TURN["turn_id"], attempt=1, offset=0, text="said by one who died"))
    watched.apply(entry(kind, 3, TurnEnd(**TURN, code=code, message="It ended.", retryable=True)))
    later = Transcript()
    item = FailedTurnItem(turn=TurnRef(**TURN), error=Failure(code, "It ended.").body)
    later.attach(Attached(session_id=SESSION, epoch="e", head_seq=3, recovered=False, session=ROOM, messages=(item,)))
    seen = [
        (reply.status, reply.text, reply.rank, reply.code) for t in (watched, later) for reply in t.replies.values()
    ]
    assert seen == [seen[0]] * 2
    assert seen[0][1:3] == ("", None)
