"""The whole table of the session's state machine."""

import itertools
from typing import get_args

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session_log import SessionState
from palaver.session.lifecycle import TABLE, Trigger, move

STATES: tuple[SessionState, ...] = get_args(SessionState)


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(STATES, Trigger)))
def test_every_pair_moves_or_is_refused(state: SessionState, trigger: Trigger) -> None:
    if (state, trigger) in TABLE:
        assert move(state, trigger) == TABLE[state, trigger]
    else:
        with pytest.raises(Failure) as refusal:
            move(state, trigger)
        assert refusal.value.code is ErrorCode.CONFLICT


@pytest.mark.parametrize(
    "way",
    [
        [Trigger.ROUND_STARTED, Trigger.ROUNDS_DONE, Trigger.ROUND_STARTED, "running"],
        [Trigger.ROUND_STARTED, Trigger.GOAL_REACHED, Trigger.ENDED, "ended"],
        [Trigger.ROUND_STARTED, Trigger.ALL_STOPPED, Trigger.ROUND_STARTED, "running"],
        [Trigger.ROUND_STARTED, Trigger.ROUNDS_DONE, Trigger.FELL_IDLE, Trigger.FELL_IDLE, "ended"],
        [Trigger.ROUND_STARTED, Trigger.ROUNDS_DONE, Trigger.FELL_IDLE, Trigger.RESUMED, "awaiting_input"],
    ],
)
def test_the_promised_ways_can_be_gone(way: list[Trigger | SessionState]) -> None:
    state: SessionState = "initialised"
    *triggers, expected = way
    for trigger in triggers:
        assert isinstance(trigger, Trigger)
        state = move(state, trigger)
    assert state == expected


def test_ended_is_final_and_every_state_can_be_reached() -> None:
    assert not [state for state, _ in TABLE if state == "ended"]
    assert {"initialised", *TABLE.values()} == set(STATES)


def test_a_running_session_never_falls_idle() -> None:
    assert ("running", Trigger.FELL_IDLE) not in TABLE
