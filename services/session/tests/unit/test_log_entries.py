"""What is stored of an entry, and the whole entry again."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId, SessionId, UserId
from palaver.contracts.session_log import (
    EventFrame,
    MessagePosted,
    Posting,
    Reply,
    ReplyAppended,
    ReplyEnd,
    SessionEvent,
    TurnEnd,
    TurnFailed,
    TurnRequested,
    TurnStart,
    TurnStarted,
    UserMessage,
)
from palaver.contracts.testing import turn_ref
from palaver.session.log import entry_of, reference_of, row_of, said

NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
REF = turn_ref(speaker="Ada")
MESSAGE = UserMessage(
    id=MessageId("u"),
    client_message_id="c",
    author=UserId("alice"),
    content="A secret question",
    branch="b",
    round=1,
    created_at=NOW,
)
REPLY = Reply(
    id=REF.reply_id,
    turn_id=REF.turn_id,
    participant_id=REF.participant_id,
    model="m",
    text="A secret answer",
    finish_reason="stop",
    cost=Decimal("0.0000125"),
    rank=1,
    version=1,
    created_at=NOW,
)


def _frame() -> dict[str, object]:
    return EventFrame(session_id=SessionId("s"), epoch="e", seq=3, at=NOW).model_dump(exclude={"type"})


ENTRIES: list[SessionEvent] = [
    MessagePosted.model_validate({**_frame(), "data": Posting(message=MESSAGE)}),
    TurnRequested.model_validate({**_frame(), "data": REF}),
    TurnStarted.model_validate({**_frame(), "data": TurnStart(**REF.model_dump(), attempt=2, rank=1)}),
    TurnFailed.model_validate(
        {
            **_frame(),
            "data": TurnEnd(**REF.model_dump(), code=ErrorCode.KEY_MISSING, message="No key.", retryable=False),
        }
    ),
    ReplyAppended.model_validate({**_frame(), "data": ReplyEnd(**REF.model_dump(), reply=REPLY)}),
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_read_back_is_the_entry_that_was_written(entry: SessionEvent) -> None:
    messages = {(MESSAGE.id, 1): MESSAGE, (REPLY.id, 1): REPLY}
    assert entry_of(row_of(entry), messages) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_row_holds_no_conversation_text(entry: SessionEvent) -> None:
    assert "secret" not in str(row_of(entry).data)


def test_only_what_was_said_refers_to_a_message() -> None:
    references = [reference_of(row_of(entry)) for entry in ENTRIES]
    assert references == [("u", 1), None, None, None, ("r", 1)]


def test_an_entry_goes_out_under_its_own_subject_once() -> None:
    key, outgoing = said(ENTRIES[0])
    assert key == ("s", 3)
    assert outgoing.subject == "evt.session.message.posted.v1.s"
    assert outgoing.message_id == "s:e:3"
    assert MessagePosted.model_validate_json(outgoing.body) == ENTRIES[0]
