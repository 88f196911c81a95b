"""The session's state machine (its whole table) and what moves it. No I/O."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session_log import SessionState


class Trigger(StrEnum):
    """What happened to the session."""

    ROUND_STARTED = "round_started"
    ROUNDS_DONE = "rounds_done"  # nothing follows without a person
    ALL_STOPPED = "all_stopped"  # a person stopped everything
    GOAL_REACHED = "goal_reached"  # the mode says that its task is done
    FELL_IDLE = "fell_idle"
    RESUMED = "resumed"
    ENDED = "ended"


TABLE: Mapping[tuple[SessionState, Trigger], SessionState] = MappingProxyType(
    {
        ("initialised", Trigger.ROUND_STARTED): "running",
        ("initialised", Trigger.FELL_IDLE): "paused",
        ("initialised", Trigger.ENDED): "ended",
        ("running", Trigger.ROUND_STARTED): "running",
        ("running", Trigger.ROUNDS_DONE): "awaiting_input",
        ("running", Trigger.ALL_STOPPED): "interrupted",
        ("running", Trigger.GOAL_REACHED): "completed",
        ("awaiting_input", Trigger.ROUND_STARTED): "running",
        ("awaiting_input", Trigger.FELL_IDLE): "paused",
        ("awaiting_input", Trigger.ENDED): "ended",
        ("interrupted", Trigger.ROUND_STARTED): "running",
        ("interrupted", Trigger.RESUMED): "awaiting_input",
        ("interrupted", Trigger.FELL_IDLE): "paused",
        ("interrupted", Trigger.ENDED): "ended",
        ("paused", Trigger.ROUND_STARTED): "running",
        ("paused", Trigger.RESUMED): "awaiting_input",
        ("paused", Trigger.FELL_IDLE): "ended",
        ("paused", Trigger.ENDED): "ended",
        ("completed", Trigger.ROUND_STARTED): "running",
        ("completed", Trigger.FELL_IDLE): "ended",
        ("completed", Trigger.ENDED): "ended",
    }
)
"""`ended` is final. Every pair that is not here is refused."""


def move(state: SessionState, trigger: Trigger) -> SessionState:
    """The state after `trigger`. Raises Failure(CONFLICT) where the table has no such move."""
    following = TABLE.get((state, trigger))
    if following is None:
        raise Failure(ErrorCode.CONFLICT, f"A session that is {state} cannot do this.", state=state, trigger=trigger)
    return following
