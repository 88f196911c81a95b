"""What analytics owns: usage facts, reservations, and the statistics made of them. Money is US dollars."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from palaver.contracts.actors import Actor
from palaver.contracts.ids import CallId, CompletionId, KeyId, SessionId, TurnId, UserId
from palaver.contracts.model_router import Purpose
from palaver.contracts.operations import dependency_changed, limits_get
from palaver.contracts.subjects import Payload, event, query

OWNER = "analytics"


class ReserveBudget(Payload):
    """Set aside what one attempt may cost; a later attempt of the same turn replaces it."""

    turn_id: TurnId
    attempt: int
    payer: UserId
    session_id: SessionId
    model_id: str
    amount: Decimal


class ReserveCompletion(Payload):
    """Set aside what a side job's next call may cost, in the place of what was set aside for it before.

    A later delivery replaces an earlier one. `prompt_tokens` and `prompt_cost` are booked as an estimate should the
    call never be heard of again, because its worker died; then `call_id` and `key_id` say what it was, and which key
    paid for it.
    """

    completion_id: CompletionId
    delivery: int
    call: int
    payer: UserId
    purpose: Purpose
    session_id: SessionId | None
    provider: str
    model_id: str
    amount: Decimal
    prompt_tokens: int
    prompt_cost: Decimal
    call_id: CallId | None = None
    key_id: KeyId | None = None


class CompletionCallLost(Payload):
    """A side job's worker died in a call, which is booked by its prompt until the worker says otherwise after all."""

    completion_id: CompletionId
    delivery: int
    call_id: CallId
    key_id: KeyId
    tokens_input: int
    cost: Decimal
    at: datetime


class Reservation(Payload):
    """It was granted. `remaining` is what is left of today's limit after it; None without a limit."""

    amount: Decimal
    remaining: Decimal | None


BUDGET_RESERVE = query(
    "analytics.budget.reserve.v1",
    ReserveBudget,
    Reservation,
    "Reserve before the call; refused with QUOTA_EXCEEDED.",
    timeout_seconds=2.0,
)

COMPLETION_RESERVE = query(
    "analytics.completion.reserve.v1",
    ReserveCompletion,
    Reservation,
    "Reserve before each call of a side job; refused with QUOTA_EXCEEDED, or CONFLICT: overtaken, or `over`.",
    timeout_seconds=2.0,
)


COMPLETION_CALL_LOST = event(
    "analytics.completion.lost.v1", CompletionCallLost, "A side job's call died with its worker.", "completion"
)


class ReadOverview(Payload):
    """The actor's own figures over a period that ends today (UTC)."""

    actor: Actor
    period: Literal["7d", "30d", "all"] = "7d"


class ModelShare(Payload):
    """What one model did in the period."""

    model_id: str
    requests: int
    tokens_input: int
    tokens_output: int
    cost: Decimal


class DayTotal(Payload):
    """One day, UTC."""

    day: date
    requests: int
    tokens_input: int
    tokens_output: int
    cost: Decimal


class Overview(Payload):
    """Totals, by model (most expensive first) and by day (oldest first). `estimated` counts flagged facts."""

    period: str
    start_date: date | None
    end_date: date
    requests: int
    tokens_input: int
    tokens_output: int
    cost: Decimal
    estimated: int
    models: tuple[ModelShare, ...]
    days: tuple[DayTotal, ...]


class ReadQuota(Payload):
    """The actor's limit of today."""

    actor: Actor


class Quota(Payload):
    """Today's money: `limit` None means unlimited. `resets_at` is the next midnight UTC."""

    limit: Decimal | None
    spent: Decimal
    reserved: Decimal
    resets_at: datetime


OVERVIEW_GET = query("analytics.overview.get.v1", ReadOverview, Overview, "The actor's usage over a period.")
QUOTA_GET = query("analytics.quota.get.v1", ReadQuota, Quota, "What the actor may still spend today.")
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)
