"""How an attempt at a turn ends, and the facts that say so. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from palaver.contracts.failures import TRAITS, ErrorCode
from palaver.contracts.ids import UserId, WorkerId
from palaver.contracts.model_router import Metered, Outcome, TurnCompleted, TurnFailed, TurnStopped, UsageMetered
from palaver.contracts.session_log import ContextFill
from palaver.model_router import cost
from palaver.model_router.domain import CallFact
from palaver.model_router.interrupting import Interrupted
from palaver.model_router.preparing import Prepared
from palaver.model_router.running import RunningTurn


@dataclass(frozen=True, slots=True)
class Completed:
    """The provider finished."""

    reason: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be finished."""

    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person stopped it."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It is somebody else's now; there is nothing to say."""


Ending = Completed | Failed | Stopped | GivenUp


def ending_of(interrupted: Interrupted) -> Ending:
    """What an interruption means for the attempt."""
    match interrupted.reason:
        case "stopped":
            return Stopped()
        case "deadline":
            return Failed(ErrorCode.TIMEOUT, "The turn's time is over.")
        case "lost" | "released":
            return GivenUp()


def metered(call: CallFact, payer: UserId) -> Metered:
    """What is booked for any provider call."""
    usage = cost.usage_of(call)
    return Metered(
        call=call.call,
        call_id=call.call_id,
        payer=payer,
        provider=call.model.provider.id,
        model_id=call.model.id,
        key_id=call.key_id,
        usage=usage,
        cost=cost.cost_of(usage, call.model.price, tokens_written=call.usage.tokens_written or 0),
        outcome=call.outcome,
        started_at=call.started_at,
        first_token_seconds=call.first_token_seconds,
        duration_seconds=call.duration_seconds,
    )


def usage_fact(turn: RunningTurn, call: CallFact) -> UsageMetered:
    """What is booked for a turn's provider call."""
    order = turn.order
    return UsageMetered(
        **dict(metered(call, order.payer)),
        session_id=order.session_id,
        turn_id=order.turn.turn_id,
        participant_id=order.turn.participant_id,
        attempt=order.attempt,
        prompt=call.prompt.count,
    )


def _answered(turn: RunningTurn, prepared: Prepared | None) -> str:
    """The model that really answered, or was the last to be asked."""
    return prepared.model.id if prepared is not None else turn.order.turn.model


def outcome_of(turn: RunningTurn, ending: Ending, prepared: Prepared | None, worker: WorkerId) -> Outcome | None:
    """The attempt's last fact. Usage is that of its last call, cost that of all its calls."""
    facts = [usage_fact(turn, call) for call in turn.calls]
    common = Outcome(
        session_id=turn.order.session_id,
        turn_id=turn.turn_id,
        attempt=turn.order.attempt,
        worker=worker,
        at=datetime.now(UTC),
        text=turn.text,
        model=_answered(turn, prepared),
        usage=facts[-1].usage if facts else None,
        cost=sum((fact.cost for fact in facts), Decimal(0)) if facts else None,
        context=(None if prepared is None else ContextFill(used=prepared.window.used, maximum=prepared.window.maximum)),
        first_token_at=turn.first_token_at,
    )
    said = dict(common)
    match ending:
        case Completed(reason):
            return TurnCompleted(**said, finish_reason=reason)
        case Failed(code, message):
            return TurnFailed(**said, code=code, message=message, retryable=TRAITS[code].retryable)
        case Stopped():
            return TurnStopped(**said)
        case GivenUp():
            return None
