"""What this service books: facts about provider calls, and where a payer stands. Values only; money is US dollars."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from palaver.contracts.ids import CallId, CompletionId, KeyId, ParticipantId, SessionId, TurnId, UserId

Outcome = Literal["completed", "failed", "stopped", "cut", "lost"]
"""`lost`: the worker died in mid-call, so the whole fact is our estimate and gives way to a real one."""
Purpose = Literal["turn", "summary", "title", "moderation"]
WorkId = TurnId | CompletionId
"""What is paid for: a turn with its attempts, or a side job with its deliveries."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One provider call. `(turn_id, attempt, call)` identifies it; `day` is the UTC day that it counts for.

    For a side job `turn_id` is its own id and `attempt` the delivery; `purpose` tells them apart.
    """

    turn_id: WorkId
    attempt: int
    call: int
    payer: UserId
    session_id: SessionId | None
    participant_id: ParticipantId | None
    provider: str
    model_id: str
    key_id: KeyId | None
    tokens_input: int
    tokens_output: int
    tokens_cached: int
    cost: Decimal
    estimated: bool
    outcome: Outcome
    started_at: datetime
    first_token_seconds: float | None = None
    duration_seconds: float | None = None
    purpose: Purpose = "turn"

    @property
    def day(self) -> date:
        """The UTC day on which the call began."""
        return day_of(self.started_at)

    def gives_way_to(self, other: "Fact") -> bool:
        """An estimate for a lost call is replaced by the real fact whenever that comes, never the reverse."""
        return self.outcome == "lost" and other.outcome != "lost"


@dataclass(frozen=True, slots=True)
class OpenCall:
    """The call for which a side job reserves, as it is booked should it never be heard of again."""

    call: int
    provider: str
    prompt_tokens: int
    prompt_cost: Decimal
    call_id: CallId | None = None
    key_id: KeyId | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Money to be set aside for an attempt at a turn, or for one call of a side job's delivery."""

    work_id: WorkId
    attempt: int
    payer: UserId
    session_id: SessionId | None
    model_id: str
    amount: Decimal
    purpose: Purpose = "turn"
    open_call: OpenCall | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A demand that was granted, at `since`."""

    demand: Demand
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A payer's money of one day. `limit` None means unlimited."""

    limit: Decimal | None
    spent: Decimal
    reserved: Decimal

    def allows(self, amount: Decimal) -> bool:
        """Whether so much more may be set aside."""
        return self.limit is None or self.spent + self.reserved + amount <= self.limit

    def left_after(self, amount: Decimal) -> Decimal | None:
        """What is left of the limit after setting so much aside."""
        return None if self.limit is None else self.limit - self.spent - self.reserved - amount


def day_of(moment: datetime) -> date:
    """The UTC day."""
    return moment.astimezone(UTC).date()


def end_of_day(day: date) -> datetime:
    """The next midnight UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)
