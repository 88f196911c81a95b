"""How a delivery of a side job ends, and the facts that say so. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from palaver.contracts.failures import TRAITS
from palaver.contracts.model_router import CompletionCompleted, CompletionFailed, CompletionMetered, CompletionOutcome
from palaver.model_router.completion import RunningCompletion
from palaver.model_router.domain import CallFact
from palaver.model_router.outcomes import Completed, Failed, metered


@dataclass(frozen=True, slots=True)
class Released:
    """This process ends; another one is to begin it anew."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """There is nothing to say: a later delivery runs elsewhere, or an outcome was said already (`over`)."""

    over: bool


Said = Completed | Failed
CompletionEnding = Said | Released | Overtaken


def completion_fact(job: RunningCompletion, call: CallFact) -> CompletionMetered:
    """What is booked for one provider call."""
    return CompletionMetered(
        **dict(metered(call, job.order.payer)),
        completion_id=job.order.completion_id,
        delivery=job.delivery,
        purpose=job.order.purpose,
        session_id=job.order.session_id,
    )


def completion_outcome(job: RunningCompletion, ending: Said) -> CompletionCompleted | CompletionFailed:
    """The delivery's last fact."""
    order = job.order
    facts = [completion_fact(job, call) for call in job.calls]
    said = dict(
        CompletionOutcome(
            completion_id=order.completion_id,
            delivery=job.delivery,
            asker=order.asker,
            payer=order.payer,
            purpose=order.purpose,
            session_id=order.session_id,
            model=order.model_id,
            at=datetime.now(UTC),
            usage=facts[-1].usage if facts else None,
            cost=sum((fact.cost for fact in facts), Decimal(0)) if facts else None,
        )
    )
    match ending:
        case Completed(reason):
            return CompletionCompleted(**said, text=job.text, finish_reason=reason)
        case Failed(code, message):
            return CompletionFailed(**said, code=code, message=message, retryable=TRAITS[code].retryable)
