"""The rules about bad keys complain about runs made by hand that break one of them each, and about nothing else."""

from dataclasses import replace

import pytest

from faultlab.bad_keys import KEYS, KINDS
from faultlab.key_judge import Booked, Ended, Evidence, Served, judge

GOOD_TURN = Ended("turn", "replied", None, 1, 200)


def booked(call: Served, outcome: str = "completed", **changes: object) -> Booked:
    made = Booked(call.key, call.model, call.at, outcome, estimated=outcome == "lost", tokens_output=call.tokens_output)
    return replace(made, **changes)


def good() -> Evidence:
    """Everything strikes, two workers die, all keys are tried at 200 and answer after that."""
    struck = [
        Served("first", "swift", 10.0 + number, fault=kind, ended_at=10.1 + number)
        for number, kind in enumerate(sorted(KINDS - {"invalid_key", "payment_required", "rate_limit"}))
    ]
    struck += [
        Served("first", "swift", 30.0, fault="rate_limit", ended_at=30.0),
        Served("second", "swift", 30.0, fault="rate_limit", asked_seconds=2.0, ended_at=30.0),
        Served("second", "swift", 40.0, fault="invalid_key", ended_at=40.0),
        Served("third", "spark", 40.0, fault="payment_required", ended_at=40.0),
    ]
    whole = [Served("first", "swift", 33.0, completed=True, ended_at=34.0, tokens_output=50)]
    whole += [Served(key.name, "swift", 201.0, completed=True, ended_at=202.0, tokens_output=60) for key in KEYS]
    open_calls = [Served("first", "swift", 150.0), Served("first", "swift", 159.5, completed=True, ended_at=159.9)]
    return Evidence(
        turns=[GOOD_TURN],
        served=[*struck, *whole, *open_calls],
        booked=[
            *(booked(call, "failed") for call in struck),
            *(booked(call) for call in whole),
            booked(open_calls[0], "lost"),
        ],
        killed_at=[156.0, 160.0],
        tried=[(200.0, 200.5)],
    )


def broken_by(seen: Evidence) -> set[str]:
    return {line.split(":")[0] for line in judge(seen)}


def test_a_good_run_breaks_nothing() -> None:
    assert judge(good()) == []


@pytest.mark.parametrize(
    "turn",
    [
        replace(GOOD_TURN, ending=None, characters=0),
        replace(GOOD_TURN, characters=0),
        replace(GOOD_TURN, log_ends=2),
        replace(GOOD_TURN, ending="failed", code="INTERNAL"),
        replace(GOOD_TURN, ending="stopped"),
    ],
)
def test_a_turn_without_an_end_or_with_an_unclear_one_is_noticed(turn: Ended) -> None:
    seen = good()
    seen.turns.append(turn)
    assert broken_by(seen) == {"every_turn_ends_in_an_answer_or_one_clear_error"}


@pytest.mark.parametrize(("key", "at"), [("second", 31.9), ("second", 41.0), ("third", 99.0)])
def test_a_call_with_a_key_that_is_known_to_be_bad_is_noticed(key: str, at: float) -> None:
    seen = good()
    call = Served(key, "swift", at, completed=True, ended_at=at + 1, tokens_output=5)
    seen.served.append(call)
    seen.booked.append(booked(call))
    assert broken_by(seen) == {"no_key_is_hammered"}


@pytest.mark.parametrize("at", [40.5, 200.2])
def test_calls_on_their_way_and_calls_after_a_try_are_no_hammering(at: float) -> None:
    seen = good()
    call = Served("second", "swift", at, completed=True, ended_at=at + 1, tokens_output=5)
    seen.served.append(call)
    seen.booked.append(booked(call))
    assert judge(seen) == []


def test_a_key_that_nobody_uses_again_is_noticed() -> None:
    seen = good()
    (last,) = (call for call in seen.served if call.key == "third" and call.completed)
    seen.served.remove(last)
    seen.booked.remove(booked(last))
    assert broken_by(seen) == {"what_is_well_again_is_used_again"}


def test_every_difference_between_books_and_calls_is_noticed() -> None:
    rule = {"calls_booked_are_calls_served"}
    for change in (_not_booked, _booked_twice, _other_tokens, _other_key, _never_estimated, _keyless, _not_flagged):
        seen = good()
        change(seen)
        assert broken_by(seen) == rule, change.__name__


def _not_booked(seen: Evidence) -> None:
    del seen.booked[0]


def _booked_twice(seen: Evidence) -> None:
    seen.booked.append(seen.booked[0])


def _other_tokens(seen: Evidence) -> None:
    seen.booked = [replace(call, tokens_output=call.tokens_output and 51) for call in seen.booked]


def _other_key(seen: Evidence) -> None:
    seen.booked[0] = replace(seen.booked[0], key="third")


def _never_estimated(seen: Evidence) -> None:
    seen.booked = [call for call in seen.booked if call.outcome != "lost"]


def _keyless(seen: Evidence) -> None:
    seen.booked[-1] = replace(seen.booked[-1], key=None)


def _not_flagged(seen: Evidence) -> None:
    seen.booked[-1] = replace(seen.booked[-1], estimated=False)


def test_a_run_in_which_something_never_struck_proves_nothing() -> None:
    seen = good()
    seen.killed_at.pop()
    assert broken_by(seen) >= {"everything_went_wrong_that_was_to"}
