"""Names, colours, texts, pages: the rules without I/O."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts import limits
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId, new_id
from palaver.contracts.session_log import AnswerSettings, Branch, Participant, TurnRef
from palaver.session.announcing import run_command
from palaver.session.domain import (
    PALETTE,
    Segment,
    Turn,
    fold,
    longest,
    next_color,
    seed_of,
    segments,
    speaking,
    storable,
    unique_name,
)
from palaver.session.ports import ModelFacts
from palaver.session.reading import MAX_TEXT_BYTES, fitting
from palaver.session.seating import Wish, arrange
from palaver.session.store.messages import CountedRound
from palaver.session.vigilance import Vigilance


# ---- seats -----------------------------------------------------------------------------------------------------------
@given(st.text(max_size=200), st.lists(st.text(max_size=90), max_size=12))
def test_a_name_is_one_short_visible_line_that_nobody_else_has(wanted: str, others: list[str]) -> None:
    taken: list[str] = []
    for name in (*others, wanted):
        given_name = unique_name(name, taken)
        assert given_name.casefold() not in {other.casefold() for other in taken}
        assert 0 < len(given_name) <= limits.MAX_NAME_CHARACTERS
        assert given_name == given_name.strip()
        assert len(given_name.splitlines()) == 1
        taken.append(given_name)


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("Ada", [], "Ada"),
        ("Ada", ["ada"], "Ada 2"),
        ("Ada", ["Ada", "Ada 2"], "Ada 3"),
        ("Ada\n[Bo]:", [], "Ada [Bo]:"),
        ("\u202eevil", [], "evil"),
        (" \u200b ", [], "Model"),
        ("x" * 90, ["x" * 80], "x" * 78 + " 2"),
    ],
)
def test_names(wanted: str, taken: list[str], name: str) -> None:
    assert unique_name(wanted, taken) == name


def test_ten_seats_get_ten_colours_and_more_share_the_least_used() -> None:
    colors: list[str] = []
    for _ in range(11):
        colors.append(next_color(colors))
    assert set(colors[:10]) == set(PALETTE)
    assert colors[10] == colors[0]


def test_a_wished_colour_is_given_to_nobody_else() -> None:
    wanted = [Wish("m"), Wish("m", color=PALETTE[0].upper())]
    first, second = arrange(wanted, {"m": ModelFacts("A", "demo", needs_key=False)}, (), 4)
    assert (first.color, second.color) == (PALETTE[1], PALETTE[0].upper())
    assert (first.position, second.position) == (4, 5)


def _seat(number: int, *, muted: bool = False) -> Participant:
    return Participant(
        id=ParticipantId(f"p{number}"), model_id="m", name=f"P{number}", color="#000000", muted=muted, position=number
    )


def test_who_speaks_is_seated_not_muted_and_addressed() -> None:
    seats = [_seat(1), _seat(2, muted=True), _seat(3)]
    assert [seat.id for seat in speaking(seats)] == ["p1", "p3"]
    assert [seat.id for seat in speaking(seats, [ParticipantId("p3"), ParticipantId("p2")])] == ["p3"]
    assert speaking(seats, []) == ()


# ---- text ------------------------------------------------------------------------------------------------------------
@given(st.text(), st.data())
def test_checkpoints_in_any_order_and_overlap_fold_to_the_text(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    edges = [0, *cuts, len(text)]
    pieces = [(start, text[start:end]) for start, end in pairwise(edges)]
    repeated = [(start, text[start : data.draw(st.integers(start, len(text)))]) for start, _ in pieces]
    shuffled = data.draw(st.permutations(pieces + repeated))
    assert fold(shuffled) == text


def test_what_lies_behind_a_gap_is_left_out() -> None:
    assert fold([(0, "ab"), (3, "d")]) == "ab"
    assert fold([(1, "b")]) == ""


def test_the_longest_attempt_counts_and_of_equals_the_newest() -> None:
    assert longest([]) == ""
    assert longest([(1, 0, "one"), (2, 0, "tw"), (2, 2, "o!")]) == "two!"
    assert longest([(1, 0, "one"), (2, 0, "two")]) == "two"


@given(st.text())
def test_storable_text_keeps_its_length(text: str) -> None:
    assert len(storable(text)) == len(text)
    assert "\x00" not in storable(text)


# ---- path and pages --------------------------------------------------------------------------------------------------
def test_a_branch_is_visible_up_to_where_its_child_begins() -> None:
    firsts = {"a": 1, "b": 1, "c": 5, "x": 2}
    branches = {name: Branch(id=name, first_round=first) for name, first in firsts.items()}
    assert segments(["a"], branches) == (Segment("a", 1, None),)
    assert segments(["a", "b", "c"], branches) == (
        Segment("a", 1, 0),
        Segment("b", 1, 4),
        Segment("c", 5, None),
    )


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, MAX_TEXT_BYTES)), max_size=40), st.integers(1, 30))
def test_a_page_holds_whole_rounds_and_at_least_one(rounds: list[tuple[int, int]], limit: int) -> None:
    counted = [CountedRound(number, *round_) for number, round_ in zip(range(len(rounds), 0, -1), rounds, strict=True)]
    shown = fitting(counted, limit)
    taken, rest = counted[: len(shown)], counted[len(shown) :]
    assert shown == [newest.number for newest in taken]
    assert bool(shown) == bool(rounds)

    def fits(some: list[CountedRound]) -> bool:
        return sum(r.items for r in some) <= limit >= len(some) and sum(r.size for r in some) <= MAX_TEXT_BYTES

    assert len(shown) <= 1 or fits(taken)
    assert not rest or not fits(counted[: len(shown) + 1])


def test_chance_is_the_same_when_a_step_is_decided_again() -> None:
    assert seed_of("s", 1, 2) == seed_of("s", 1, 2)
    assert seed_of("s", 1, 2) != seed_of("s", 2, 1)


# ---- orders ----------------------------------------------------------------------------------------------------------
def test_an_order_s_message_id_is_new_for_every_issue() -> None:
    ref = TurnRef(
        turn_id=TurnId(new_id()),
        reply_id=MessageId(new_id()),
        participant_id=ParticipantId("p"),
        model="m",
        branch="b",
        round=1,
        step=1,
        speaker="P",
    )
    waiting = Turn.requested(SessionId("s"), ref, payer=UserId("u"), min_seq=3, settings=AnswerSettings())
    with pytest.raises(ValueError, match="never issued"):
        run_command(waiting)

    deadline = datetime(2026, 1, 1, tzinfo=UTC)
    order = run_command(replace(waiting, attempt=2, issues=3, deadline=deadline))
    assert order.message_id == f"{ref.turn_id}:2:3"
    assert order.subject == f"cmd.model-router.turn.run.v1.{ref.turn_id}"


# ---- vigilance -------------------------------------------------------------------------------------------------------
def test_claims_expire_only_after_a_whole_lease_of_regular_answered_sweeps() -> None:
    watch = Vigilance(lease_seconds=6.0, max_gap_seconds=2.0)
    judged: list[bool] = []
    for second in range(9):
        watch = watch.swept(float(second), answered=True)
        judged.append(watch.may_expire)
    assert judged == [False] * 6 + [True] * 3


@pytest.mark.parametrize(("at", "answered"), [(12.5, True), (11.0, False)])
def test_a_stall_or_an_outage_begins_the_lease_anew(at: float, answered: bool) -> None:  # noqa: FBT001 - a parameter
    watch = Vigilance(lease_seconds=6.0, max_gap_seconds=2.0)
    for second in range(11):
        watch = watch.swept(float(second), answered=True)
    assert watch.may_expire
    watch = watch.swept(at, answered=answered)
    assert not watch.may_expire
    for second in range(1, 6):
        watch = watch.swept(at + second, answered=True)
        assert not watch.may_expire
    for second in (6, 7):
        watch = watch.swept(at + second, answered=True)
    assert watch.may_expire
