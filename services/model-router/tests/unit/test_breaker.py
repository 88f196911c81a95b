from dataclasses import replace
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.failures import ErrorCode
from palaver.model_router.breaker import (
    CLEAN,
    FOREVER_SECONDS,
    JITTER,
    Breaker,
    BreakerPolicy,
    Observation,
    OpenTime,
    observe,
)

POLICY = BreakerPolicy(failures=3, share=0.5, window_seconds=30, memory_seconds=600)
TIME = OpenTime(5.0, 60.0)
Kind = Literal["success", "failure", "trip"]
NOISE = 1e-6
"""Of floating-point sums."""


def seen(kind: Kind, at: float, *, began: float | None = None, asked: float | None = None) -> Observation:
    return Observation(
        kind, at if began is None else began, at, ErrorCode.PROVIDER_UNAVAILABLE, TIME, asked_seconds=asked
    )


def folded(*observations: Observation, start: Breaker = CLEAN) -> Breaker:
    breaker = start
    for one in observations:
        breaker = observe(breaker, one, POLICY)
    return breaker


def test_it_opens_after_several_failures_in_the_window_and_not_before() -> None:
    two = folded(seen("failure", 1), seen("failure", 2))
    assert two.phase(2) == "closed"
    assert folded(seen("failure", 3), start=two).phase(3) == "open"
    assert folded(seen("failure", 40), start=two).phase(40) == "closed"


def test_failures_among_many_answers_do_not_open_it() -> None:
    answers = [seen("success", second) for second in range(4)]
    assert folded(*answers, *(seen("failure", 5) for _ in range(3))).phase(5) == "closed"
    assert folded(*answers, *(seen("failure", 5) for _ in range(4))).phase(5) == "open"


def test_it_is_half_open_after_its_time_and_one_answer_closes_it() -> None:
    opened = folded(seen("trip", 10))
    assert (opened.phase(14.9), opened.phase(15)) == ("open", "half_open")
    assert folded(seen("success", 17, began=16), start=opened).phase(17) == "closed"


def test_an_answer_to_an_older_call_does_not_close_it() -> None:
    opened = folded(seen("trip", 10))
    assert folded(seen("success", 17, began=9), start=opened).phase(17) == "half_open"


def test_a_failure_of_an_older_call_does_not_open_it_again() -> None:
    closed = folded(seen("trip", 10), seen("success", 17, began=16))
    assert folded(seen("trip", 18, began=9), start=closed).phase(18) == "closed"


def test_open_times_double_up_to_a_limit_and_are_forgotten_in_time() -> None:
    breaker, at, lasted = CLEAN, 0.0, list[float]()
    for _ in range(6):
        breaker = observe(breaker, seen("trip", at), POLICY)
        assert breaker.open_until is not None
        lasted.append(breaker.open_until - at)
        at = breaker.open_until + 1
    assert lasted == [5, 10, 20, 40, 60, 60]
    well = observe(breaker, seen("success", at), POLICY)
    again = observe(well, seen("trip", at + 10), POLICY)
    assert again.open_until == at + 10 + 60
    later = observe(well, seen("trip", at + 601), POLICY)
    assert later.open_until == at + 601 + 5


def test_what_a_provider_asks_for_is_a_minimum() -> None:
    first = folded(seen("trip", 0, asked=2))
    assert first.open_until == 2 * (1 + JITTER / 2)
    second = folded(seen("trip", 3, asked=2), start=first)
    assert second.open_until == 3 + 10


def test_a_later_refusal_of_a_running_call_can_only_prolong_it() -> None:
    opened = folded(seen("trip", 10, asked=20))
    assert folded(seen("trip", 11, began=9), start=opened) == opened
    longer = folded(seen("trip", 11, began=9, asked=100), start=opened)
    assert longer.open_until == 11 + 100 * (1 + JITTER / 2)
    assert longer.openings == 1


def test_what_no_time_heals_stays_open() -> None:
    forever = observe(CLEAN, replace(seen("trip", 0), open_time=OpenTime(None)), POLICY)
    assert forever.phase(FOREVER_SECONDS - 1) == "open"


_KINDS: st.SearchStrategy[Kind] = st.sampled_from(("success", "failure", "trip"))


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """Calls in the order of their ends; each began up to two minutes before."""
    at, history = 1_000.0, list[Observation]()
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.floats(0, 120))
        history.append(
            Observation(
                draw(_KINDS),
                at - draw(st.floats(0, 120)),
                at,
                draw(st.sampled_from((ErrorCode.PROVIDER_RATE_LIMITED, ErrorCode.PROVIDER_UNAVAILABLE))),
                draw(st.sampled_from((TIME, OpenTime(1_800.0, 21_600.0)))),
                draw(st.none() | st.floats(0, 200)),
                draw(st.floats(0, 1)),
            )
        )
    return history


@given(histories())
def test_no_history_breaks_its_promises(history: list[Observation]) -> None:
    breaker = CLEAN
    for one in history:
        before, breaker = breaker, observe(breaker, one, POLICY)
        until = breaker.open_until
        if before.open_until is not None and until is not None:
            assert until >= before.open_until  # never shortened, only closed
        if before.phase(one.at) == "open":
            assert until is not None  # nothing closes it before its time
        if one.kind == "success":
            assert until is None or until == before.open_until  # an answer opens nothing
        if until is not None and until != before.open_until:
            longest = max(one.open_time.longest_seconds * (1 + JITTER), (one.asked_seconds or 0) * (1 + JITTER))
            assert until - one.at <= longest + NOISE
            assert until - one.at >= (one.asked_seconds or 0) - NOISE
        assert len(breaker.slices) <= POLICY.window_seconds / POLICY.slice_seconds + 1
        assert msgspec.json.decode(msgspec.json.encode(breaker), type=Breaker) == breaker


@given(histories())
def test_a_breaker_left_alone_becomes_well_or_can_be_tried(history: list[Observation]) -> None:
    breaker = folded(*history)
    later = history[-1].at + 100_000
    assert breaker.phase(later) in {"closed", "half_open"}
    assert observe(breaker, seen("success", later), POLICY).phase(later) == "closed"


@pytest.mark.parametrize("kind", ["success", "failure"])
def test_what_is_well_for_long_is_forgotten(kind: Kind) -> None:
    breaker = folded(seen("trip", 10), seen("success", 17), seen(kind, 18))
    assert not breaker.forgettable(20, POLICY)
    assert breaker.forgettable(1_000, POLICY)
