"""The checker finds each broken promise in a journal made by hand, and nothing in a good one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from faultlab.checker import RULES, check
from faultlab.journal import (
    Attached,
    Broken,
    Call,
    EntryRead,
    Fact,
    Journal,
    LastSight,
    Piece,
    Posted,
    Reader,
    Seen,
    Shown,
    StopAsked,
    Stored,
    StoredEntry,
    StoredMessage,
    StoredReply,
    StoredTurn,
)

ROOM, TURN, MODEL = "room-1", "turn-1", "sim-swift"
QUESTION = "Q-1-0-0 what?"
FIRST, SECOND = "⟪A·1⟫ 春1 🍵2 abc3", "⟪A·2⟫ xyz1 山2"
NAMES = ("message.posted", "turn.requested", "turn.started", "reply.appended", "round.ended")


def shown(*texts: str, attempt: int = 1, status: str = "streaming", turn: str = TURN) -> list[Seen]:
    """A turn growing through these texts, each an extension of the one before it."""
    states: list[Seen] = []
    before = ""
    for text in texts:
        keep = len(before) if text.startswith(before) else 0
        states.append(Shown(1.0, turn, attempt, status, keep, text[keep:]))
        before = text
    return states


def reader(name: str, seen: list[Seen]) -> Reader:
    head = len(NAMES)
    entries = [EntryRead(1.0, seq, entry, f"body {seq}") for seq, entry in enumerate(NAMES, start=2)]
    return Reader(
        name=name,
        room=ROOM,
        seen=[Attached(0.5, 1, 1, recovered=False), *entries[:3], *seen, *entries[3:]],
        head_seq=head + 1,
        messages={"message-1": QUESTION},
        turns={TURN: LastSight("completed", FIRST, 1)},
    )


def good() -> Journal:
    """One message, one answer, two readers, nothing broken."""
    over: list[Seen] = [Shown(2.0, TURN, 1, "completed", len(FIRST), "")]
    return Journal(
        "by hand",
        readers=[reader("here", shown(FIRST[:4], FIRST[:9], FIRST) + over), reader("there", shown(FIRST[:7]) + late())],
        posts=[Posted(ROOM, "client-1", QUESTION, accepted=True, message_id="message-1")],
        calls=[Call(1, MODEL, "Q-1-0-0", FIRST, completed=True, at=1.0)],
        stored=Stored(
            messages=[StoredMessage(ROOM, "message-1", "client-1", QUESTION, 1)],
            replies=[StoredReply(ROOM, TURN, FIRST, "stop")],
            turns=[StoredTurn(ROOM, TURN, MODEL, 1, "ended", 1, 0, "replied", None)],
            log=[
                StoredEntry(ROOM, seq, name, published=True, turn=TURN if "." in name and "turn" in name else None)
                for seq, name in enumerate(("session.created", *NAMES[:3]), start=1)
            ]
            + [
                StoredEntry(ROOM, 5, NAMES[3], published=True, turn=TURN),
                StoredEntry(ROOM, 6, NAMES[4], published=True, turn=None),
            ],
            facts=[Fact(TURN, 1, 1, "completed", estimated=False, cost="0.5")],
            calls_booked=1,
            calls_rolled_up=1,
            cost_booked="0.5",
            cost_rolled_up="0.50",
        ),
    )


def late() -> list[Seen]:
    """What follows `FIRST[:7]` when the end comes by the log."""
    return [Shown(2.0, TURN, 1, "completed", 7, FIRST[7:])]


def complaints(journal: Journal) -> set[str]:
    return {violation.rule for violation in check(journal)}


def test_a_run_that_kept_all_promises_is_not_complained_about():
    assert check(good()) == []


# ---- what is stored --------------------------------------------------------------------------------------------------
def _message_lost(journal: Journal) -> None:
    journal.stored.messages.clear()


def _message_twice(journal: Journal) -> None:
    journal.stored.messages.append(StoredMessage(ROOM, "message-2", "client-1+", QUESTION, 2))


def _post_never_seen(journal: Journal) -> None:
    journal.posts[0].message_id = None


def _turn_hangs(journal: Journal) -> None:
    journal.stored.turns[0] = replace(journal.stored.turns[0], state="claimed", ending=None)


def _round_hangs(journal: Journal) -> None:
    journal.stored.open_rounds = 1


def _reader_hangs(journal: Journal) -> None:
    journal.readers[0].turns[TURN] = LastSight("streaming", FIRST, 1)


def _two_replies(journal: Journal) -> None:
    journal.stored.replies *= 2


def _ended_twice(journal: Journal) -> None:
    journal.stored.log.append(StoredEntry(ROOM, 7, "turn.failed", published=True, turn=TURN))


def _asked_twice(journal: Journal) -> None:
    journal.stored.turns.append(replace(journal.stored.turns[0], id="turn-2"))


def _reply_cut_short(journal: Journal) -> None:
    journal.stored.replies[0] = replace(journal.stored.replies[0], text=FIRST[:-1])


def _reply_of_two_attempts(journal: Journal) -> None:
    journal.calls.append(Call(2, MODEL, "Q-1-0-0", SECOND, completed=True, at=2.0))
    journal.stored.replies[0] = replace(journal.stored.replies[0], text=FIRST[:9] + SECOND[9:])


def _stopped_reply_never_said(journal: Journal) -> None:
    journal.stored.replies[0] = StoredReply(ROOM, TURN, FIRST[1:], "stopped")
    journal.stops.append(StopAsked(ROOM, (TURN,), 1.0))


def _stopped_by_nobody(journal: Journal) -> None:
    journal.stored.replies[0] = StoredReply(ROOM, TURN, FIRST[:3], "stopped")


def _failed_without_reason(journal: Journal) -> None:
    journal.stored.replies[0] = StoredReply(ROOM, TURN, FIRST[:3], "error")


def _run_again_without_reason(journal: Journal) -> None:
    journal.stored.turns[0] = replace(journal.stored.turns[0], attempt=2)


def _run_again_after_a_broker_restart(journal: Journal) -> None:
    journal.broken.append(Broken("kill_nats", "nats-server 0", 1.0, 2.0))
    journal.stored.turns[0] = replace(journal.stored.turns[0], attempt=2)


# ---- what was shown --------------------------------------------------------------------------------------------------
def _shown_double(journal: Journal) -> None:
    journal.readers[0] = reader("here", shown(FIRST[:4], FIRST[:4] + FIRST[:4]))


def _shown_with_a_hole(journal: Journal) -> None:
    journal.readers[0] = reader("here", shown(FIRST[:4], FIRST[:4] + FIRST[6:8]))


def _shown_two_attempts_as_one(journal: Journal) -> None:
    journal.calls.append(Call(2, MODEL, "Q-1-0-0", SECOND, completed=True, at=2.0))
    journal.readers[0] = reader("here", [*shown(FIRST), Shown(1.5, TURN, 1, "streaming", 0, SECOND[:9])])


def _shrunk(journal: Journal) -> None:
    journal.readers[0] = reader("here", [*shown(FIRST), Shown(1.5, TURN, 1, "streaming", 5, "")])


def _changed_after_its_end(journal: Journal) -> None:
    again = Shown(3.0, TURN, 1, "streaming", len(FIRST), "")
    journal.readers[0] = reader("here", [*shown(FIRST[:7]), *late(), again])


def _an_older_attempt_came_back(journal: Journal) -> None:
    journal.calls.append(Call(2, MODEL, "Q-1-0-0", SECOND, completed=True, at=2.0))
    back = [Shown(1.2, TURN, 2, "streaming", 0, SECOND[:6]), Shown(1.4, TURN, 1, "streaming", 0, FIRST[:9])]
    journal.readers[0] = reader("here", shown(FIRST[:5]) + back)


def _readers_differ(journal: Journal) -> None:
    journal.readers[1].turns[TURN] = LastSight("completed", FIRST, 2)


def _reader_behind(journal: Journal) -> None:
    for one in journal.readers:
        one.head_seq -= 1


def _reader_sees_another_text(journal: Journal) -> None:
    for one in journal.readers:
        one.turns[TURN] = LastSight("completed", FIRST + " ", 1)


# ---- the log ---------------------------------------------------------------------------------------------------------
def _gap_in_the_log(journal: Journal) -> None:
    del journal.stored.log[2]


def _never_published(journal: Journal) -> None:
    journal.stored.log[1] = replace(journal.stored.log[1], published=False)


def _entry_skipped(journal: Journal) -> None:
    journal.readers[0].seen = [s for s in journal.readers[0].seen if not (isinstance(s, EntryRead) and s.seq == 3)]


def _entries_differ(journal: Journal) -> None:
    seen = journal.readers[1].seen
    seen[1] = EntryRead(1.0, 2, "message.posted", "another body")


def _sent_twice(journal: Journal) -> None:
    journal.readers[0].seen += [Piece(1.0, 1, TURN, 1, 0, 5), Piece(1.1, 1, TURN, 1, 3, 4)]


def _sent_although_in_the_snapshot(journal: Journal) -> None:
    snapshot = Attached(0.9, 2, 4, recovered=True, texts=((TURN, 1, 8),))
    journal.readers[0].seen += [snapshot, Piece(1.0, 2, TURN, 1, 4, 6)]


# ---- money -----------------------------------------------------------------------------------------------------------
def _not_booked(journal: Journal) -> None:
    journal.stored.facts.clear()


def _booked_twice(journal: Journal) -> None:
    journal.stored.facts.append(Fact(TURN, 2, 1, "lost", estimated=True, cost="0.1"))


def _sums_drift(journal: Journal) -> None:
    journal.stored.calls_rolled_up = 2


def _money_kept(journal: Journal) -> None:
    journal.stored.reserved_turns.append(TURN)


BREAKS: tuple[tuple[Callable[[Journal], None], str], ...] = (
    (_message_lost, "posts_are_stored_once"),
    (_message_twice, "posts_are_stored_once"),
    (_post_never_seen, "posts_are_stored_once"),
    (_turn_hangs, "every_turn_ends"),
    (_round_hangs, "every_turn_ends"),
    (_reader_hangs, "every_turn_ends"),
    (_two_replies, "a_turn_ends_once"),
    (_ended_twice, "a_turn_ends_once"),
    (_asked_twice, "each_message_is_answered_by_all"),
    (_reply_cut_short, "final_texts_are_what_the_provider_sent"),
    (_reply_of_two_attempts, "final_texts_are_what_the_provider_sent"),
    (_stopped_reply_never_said, "final_texts_are_what_the_provider_sent"),
    (_stopped_by_nobody, "turns_end_well"),
    (_failed_without_reason, "turns_end_well"),
    (_run_again_without_reason, "nothing_is_run_again_without_need"),
    (_run_again_after_a_broker_restart, "a_broker_restart_runs_nothing_again"),
    (_shown_double, "every_displayed_text_is_a_beginning"),
    (_shown_with_a_hole, "every_displayed_text_is_a_beginning"),
    (_shown_two_attempts_as_one, "every_displayed_text_is_a_beginning"),
    (_shrunk, "no_text_shrinks"),
    (_changed_after_its_end, "no_text_shrinks"),
    (_an_older_attempt_came_back, "no_text_shrinks"),
    (_readers_differ, "all_readers_agree"),
    (_reader_behind, "readers_see_what_is_stored"),
    (_reader_sees_another_text, "readers_see_what_is_stored"),
    (_gap_in_the_log, "the_log_has_no_gap"),
    (_never_published, "the_log_has_no_gap"),
    (_entry_skipped, "readers_follow_the_log_in_order"),
    (_entries_differ, "readers_follow_the_log_in_order"),
    (_sent_twice, "the_server_sends_no_text_twice"),
    (_sent_although_in_the_snapshot, "the_server_sends_no_text_twice"),
    (_not_booked, "every_call_is_booked_once"),
    (_booked_twice, "every_call_is_booked_once"),
    (_booked_twice, "only_lost_calls_are_guessed"),
    (_sums_drift, "sums_are_those_of_the_facts"),
    (_money_kept, "sums_are_those_of_the_facts"),
)


@pytest.mark.parametrize(("broken", "rule"), BREAKS, ids=[f"{b.__name__[1:]}-{rule}" for b, rule in BREAKS])
def test_what_breaks_a_promise_is_found_by_its_rule(broken: Callable[[Journal], None], rule: str):
    journal = good()
    broken(journal)
    assert rule in complaints(journal)


def test_no_rule_is_without_a_journal_that_breaks_it():
    assert {rule for _, rule in BREAKS} == set(RULES)


# ---- what is allowed -------------------------------------------------------------------------------------------------
def test_a_second_attempt_after_a_death_is_shown_from_its_beginning():
    journal = good()
    journal.broken.append(Broken("kill_worker", "model-router-0", 1.0, 3.0))
    journal.calls = [
        Call(1, MODEL, "Q-1-0-0", FIRST[:9], completed=False, at=0.5),
        Call(2, MODEL, "Q-1-0-0", SECOND, completed=True, at=7.0),
    ]
    seen = [
        *shown(FIRST[:6]),
        Shown(8.0, TURN, 2, "streaming", 0, SECOND[:7]),
        Shown(9.0, TURN, 2, "completed", 7, SECOND[7:]),
    ]
    journal.readers = [reader("here", seen)]
    journal.readers[0].turns[TURN] = LastSight("completed", SECOND, 1)
    journal.stored.replies = [StoredReply(ROOM, TURN, SECOND, "stop")]
    journal.stored.turns = [StoredTurn(ROOM, TURN, MODEL, 1, "ended", 2, 1, "replied", None)]
    assert check(journal) == [], "the first call may be unknown: its worker died half a second after it began"
    journal.stored.facts.append(Fact(TURN, 1, 1, "lost", estimated=True, cost="0.1"))
    assert check(journal) == []


def test_a_call_that_had_time_to_become_known_must_be_booked_although_its_worker_died():
    journal = good()
    journal.broken.append(Broken("kill_worker", "model-router-0", 10.0, 11.0))
    journal.stored.facts.clear()
    assert "every_call_is_booked_once" in complaints(journal)


def test_a_call_may_be_unknown_when_session_was_away_from_its_start_until_its_worker_died():
    journal = good()
    journal.broken += [
        Broken("kill_nats", "nats-server 0", 0.5, 9.0),
        Broken("kill_worker", "model-router-0", 10.0, 11.0),
    ]
    journal.stored.facts.clear()
    assert "every_call_is_booked_once" not in complaints(journal)


def test_a_call_that_was_stopped_on_its_way_is_booked_as_an_estimate_although_it_never_arrived():
    journal = good()
    journal.stored.facts.append(Fact(TURN, 2, 1, "stopped", estimated=True, cost="0.1"))
    assert "every_call_is_booked_once" not in complaints(journal)
    journal.stored.facts.append(Fact(TURN, 3, 1, "completed", estimated=True, cost="0.1"))
    assert "every_call_is_booked_once" in complaints(journal)


def test_a_reader_that_had_to_begin_anew_may_see_less_for_a_moment():
    journal = good()
    anew = Attached(1.3, 2, 4, recovered=False)
    journal.readers[0].seen = [
        Attached(0.5, 1, 4, recovered=False),
        *shown(FIRST[:9]),
        anew,
        Shown(1.4, TURN, 1, "streaming", 5, ""),
        *(EntryRead(2.0, seq, NAMES[seq - 2], f"body {seq}") for seq in (5, 6)),
    ]
    assert check(journal) == []


def test_a_provider_that_breaks_off_may_leave_a_part():
    journal = good()
    journal.calls = [Call(1, MODEL, "Q-1-0-0", FIRST[:9], completed=False, at=1.0, fault="cut")]
    journal.stored.replies = [StoredReply(ROOM, TURN, FIRST[:9], "error")]
    journal.readers = [reader("here", shown(FIRST[:4], FIRST[:9]))]
    journal.readers[0].turns[TURN] = LastSight("failed", FIRST[:9], 1)
    assert check(journal) == []
