"""The fold: any split, repeat or loss of frames, healed by attaching, gives the same text."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.client.transcript import ReplyState, Transcript, Verdict
from palaver.contracts.client_protocol import Attached, Delta, FailedTurnItem, LiveTurn, UserMessageItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.session_log import (
    MessageDeleted,
    MessagePinned,
    MessageRemoval,
    MessageUnpinned,
    PinChange,
    Reply,
    ReplyAppended,
    ReplyEnd,
    ReplyVersionSelected,
    TurnEnd,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStart,
    TurnStarted,
    TurnStopped,
    UserMessage,
)
from palaver.contracts.testing import NOW, session_view, turn_ref

SESSION = SessionId("s")
TURN = turn_ref().model_dump()
ROOM = session_view(id=SESSION)


def entry(kind: Any, seq: int, data: Any) -> Any:
    return kind(session_id=SESSION, epoch="e", seq=seq, at=NOW, data=data)


def running() -> Transcript:
    transcript = Transcript(session=ROOM, epoch="e")
    assert transcript.apply(entry(TurnRequested, 1, TurnRef(**TURN))) is Verdict.APPLIED
    return transcript


def deltas(text: str, cuts: list[int], attempt: int = 1) -> list[Delta]:
    places = sorted({0, len(text), *(c % (len(text) + 1) for c in cuts)})
    return [Delta(turn_id=TurnId("t"), attempt=attempt, offset=a, text=text[a:b]) for a, b in pairwise(places)]


@given(
    st.text(min_size=1, max_size=60),
    st.lists(st.integers(min_value=0, max_value=99), max_size=8),
    st.data(),
)
def test_lost_repeated_and_stale_deltas_heal_by_a_snapshot(text: str, cuts: list[int], data: st.DataObject):
    transcript = running()
    stale = Delta(turn_id=TurnId("t"), attempt=0, offset=0, text="stale")
    state = transcript.replies["t"]
    for delta in deltas(text, cuts):
        fate = data.draw(st.sampled_from(["once", "twice", "lost", "after a stale one"]))
        if fate == "lost":
            continue
        if fate == "after a stale one" and state.attempt > 0:
            assert transcript.delta(stale) is Verdict.IGNORED
        for _ in range(2 if fate == "twice" else 1):
            if transcript.delta(delta) is Verdict.GAP:
                live = LiveTurn(
                    turn_id=TurnId("t"),
                    reply_id=MessageId("r"),
                    participant_id=ParticipantId("p"),
                    attempt=1,
                    text=text[: delta.offset],
                )
                transcript.attach(
                    Attached(session_id=SESSION, epoch="e", head_seq=1, recovered=True, session=ROOM, live=(live,))
                )
                assert transcript.delta(delta) is Verdict.APPLIED
            assert text.startswith(state.text)
    final = LiveTurn(
        turn_id=TurnId("t"), reply_id=MessageId("r"), participant_id=ParticipantId("p"), attempt=1, text=text
    )
    transcript.attach(Attached(session_id=SESSION, epoch="e", head_seq=1, recovered=True, session=ROOM, live=(final,)))
    assert state.text == text


TEXTS = st.lists(st.text(alphabet="aé漢🍵\u0301\n", min_size=1, max_size=30), min_size=1, max_size=3)
"""What each attempt at a turn says, the last one to its end."""


@given(TEXTS, st.data())
def test_however_frames_are_cut_merged_repeated_lost_or_late_a_prefix_of_one_attempt_is_shown(
    texts: list[str], data: st.DataObject
):
    transcript = running()
    state = transcript.replies["t"]

    def snapshot(attempt: int, length: int) -> Attached:
        live = LiveTurn(
            turn_id=TurnId("t"),
            reply_id=MessageId("r"),
            participant_id=ParticipantId("p"),
            attempt=attempt,
            text=texts[attempt - 1][:length],
        )
        return Attached(session_id=SESSION, epoch="e", head_seq=1, recovered=True, session=ROOM, live=(live,))

    for _ in range(data.draw(st.integers(0, 12))):
        attempt = data.draw(st.integers(1, len(texts)))
        text = texts[attempt - 1]
        begin = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(begin + 1, len(text)))
        before = (state.attempt, len(state.text))
        if data.draw(st.booleans()):
            transcript.attach(snapshot(attempt, end))
        else:
            delta = Delta(turn_id=TurnId("t"), attempt=attempt, offset=begin, text=text[begin:end])
            verdict = transcript.delta(delta)
            assert (verdict is Verdict.GAP) == (
                attempt >= before[0] and begin > (before[1] if attempt == before[0] else 0)
            )
        assert state.attempt >= before[0]
        if state.attempt:
            assert texts[state.attempt - 1].startswith(state.text)
        if state.attempt == before[0]:
            assert len(state.text) >= before[1]
    transcript.attach(snapshot(len(texts), len(texts[-1])))
    assert (state.attempt, state.text) == (len(texts), texts[-1])


def test_offsets_count_code_points():
    state = ReplyState(TurnRef(**TURN))
    assert state.fold(1, 0, "👩‍🔬é") is Verdict.APPLIED
    assert state.fold(1, len("👩‍🔬é"), "漢") is Verdict.APPLIED
    assert state.text == "👩‍🔬é漢"


def test_a_higher_attempt_starts_the_text_anew_and_a_lower_one_is_ignored():
    transcript = running()
    transcript.delta(Delta(turn_id=TurnId("t"), attempt=1, offset=0, text="first"))
    transcript.delta(Delta(turn_id=TurnId("t"), attempt=2, offset=0, text="se"))
    assert transcript.delta(Delta(turn_id=TurnId("t"), attempt=1, offset=5, text="!")) is Verdict.IGNORED
    assert transcript.replies["t"].text == "se"


def test_an_entry_that_skips_a_number_is_a_gap_and_changes_nothing():
    transcript = running()
    started = entry(TurnStarted, 3, TurnStart(**TURN, attempt=1, rank=0))
    assert transcript.apply(started) is Verdict.GAP
    assert transcript.head_seq == 1
    assert transcript.replies["t"].rank is None


def test_the_appended_reply_is_the_whole_text_and_ends_the_turn():
    transcript = running()
    transcript.delta(Delta(turn_id=TurnId("t"), attempt=1, offset=0, text="par"))
    reply = Reply(
        id=MessageId("r"),
        turn_id=TurnId("t"),
        participant_id=ParticipantId("p"),
        model="m",
        text="partial no more",
        finish_reason="stop",
        rank=0,
        version=1,
        created_at=NOW,
    )
    transcript.apply(entry(ReplyAppended, 2, ReplyEnd(**TURN, reply=reply)))
    assert transcript.delta(Delta(turn_id=TurnId("t"), attempt=1, offset=3, text="late")) is Verdict.IGNORED
    assert transcript.replies["t"].text == "partial no more"
    assert transcript.replies["t"].status == "completed"


def test_a_page_read_in_the_middle_of_a_round_says_which_rounds_are_over():
    def said(number: int) -> UserMessageItem:
        message = UserMessage(
            id=MessageId(f"m{number}"),
            client_message_id=f"c{number}",
            author=UserId("u"),
            content="…",
            branch="b",
            round=number,
            created_at=NOW,
        )
        return UserMessageItem(message=message)

    turn = TurnRef(**TURN)
    again, second = turn.model_copy(update={"version": 2}), turn.model_copy(update={"round": 2})
    page = Attached(
        session_id=SESSION,
        epoch="e",
        head_seq=30,
        recovered=False,
        session=ROOM,
        messages=(said(1), said(2), said(3)),
        running=(again, second),
    )
    transcript = Transcript()
    transcript.attach(page)
    assert transcript.ended_rounds == {("b", 1)}
    at_rest = page.model_copy(update={"session": ROOM.model_copy(update={"state": "awaiting_input"}), "running": ()})
    transcript.attach(at_rest)
    assert transcript.ended_rounds == {("b", 1), ("b", 2), ("b", 3)}


@pytest.mark.parametrize(("kind", "code"), [(TurnFailed, ErrorCode.INTERRUPTED), (TurnStopped, ErrorCode.STOPPED)])
def test_what_was_shown_of_a_turn_without_a_reply_is_taken_back(kind: Any, code: ErrorCode):
    """It looks the same to who watched it and to who comes later."""
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


def test_pins_follow_the_log_and_are_replaced_by_what_attaching_says():
    transcript = Transcript(session=ROOM, epoch="e")
    old, new, gone = (MessageId(name) for name in ("old", "new", "gone"))
    steps = [
        (MessagePinned, old),
        (MessagePinned, new),
        (MessagePinned, gone),
        (MessageUnpinned, old),
        (MessagePinned, old),
    ]
    for seq, (kind, message_id) in enumerate(steps, 1):
        transcript.apply(entry(kind, seq, PinChange(message_id=message_id)))
    assert transcript.pinned == [new, gone, old]
    transcript.apply(entry(MessageDeleted, 6, MessageRemoval(message_id=gone)))
    assert transcript.pinned == [new, old]
    frame = Attached(session_id=SESSION, epoch="e", head_seq=8, recovered=False, session=ROOM, pinned=(old,))
    transcript.attach(frame)
    assert transcript.pinned == [old]


def test_of_several_versions_the_one_that_is_written_or_else_the_one_that_counts_is_the_answer():
    transcript = running()

    def version(number: int) -> dict[str, Any]:
        return TURN | {"turn_id": f"t{number}", "version": number}

    def shown() -> list[tuple[int, str, str]]:
        return [(r.turn.version, r.status, r.text) for r in transcript.replies_in(TURN["branch"], TURN["round"])]

    def end(kind: Any, seq: int, number: int) -> None:
        turn = TURN if number == 1 else version(number)
        reply = Reply(
            id=turn["reply_id"],
            turn_id=turn["turn_id"],
            participant_id=turn["participant_id"],
            model="m",
            text=f"text {number}",
            finish_reason="stop",
            rank=0,
            version=number,
            created_at=NOW,
        )
        transcript.apply(entry(kind, seq, ReplyEnd(**turn, reply=reply)))

    end(ReplyAppended, 2, 1)
    transcript.apply(entry(TurnRequested, 3, TurnRef(**version(2))))
    assert shown() == [(2, "waiting", "")]
    end(ReplyAppended, 4, 2)
    assert shown() == [(2, "completed", "text 2")]
    end(ReplyVersionSelected, 5, 1)
    assert shown() == [(1, "completed", "text 1")]
    transcript.apply(entry(TurnRequested, 6, TurnRef(**version(3))))
    failed = TurnEnd(**version(3), code=ErrorCode.PROVIDER_TIMEOUT, message="late", retryable=True)
    transcript.apply(entry(TurnFailed, 7, failed))
    assert shown() == [(1, "completed", "text 1")]
