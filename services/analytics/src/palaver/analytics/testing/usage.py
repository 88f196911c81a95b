"""Usage as workers and session report it, for one payer in one room."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from palaver.contracts.analytics import ReserveBudget, ReserveCompletion
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CallId, CompletionId, KeyId, ParticipantId, SessionId, TurnId, UserId, new_id
from palaver.contracts.model_router import (
    Capabilities,
    CompletionCompleted,
    CompletionFailed,
    CompletionMetered,
    ModelCard,
    ModelList,
    ModelProfile,
    ReadModels,
    UsageMetered,
)
from palaver.contracts.session import AttemptLost, OpenCall
from palaver.contracts.session_log import EventFrame, TurnStopped, Usage


def card(model_id: str = "demo", *, input_price: str = "0.01", output_price: str = "0.02") -> ModelCard:
    """A model as model-router describes it; prices are per 1,000 tokens."""
    return ModelCard(
        id=model_id,
        provider="demo",
        display_name=model_id,
        description="",
        window=8_000,
        max_output=1_000,
        input_price=Decimal(input_price),
        output_price=Decimal(output_price),
        capabilities=Capabilities(),
        needs_key=False,
        profile=ModelProfile(model_id=model_id, window=8_000, reserve=1_000, tokenizer="o200k_base"),
    )


class Payer:
    """Somebody whose models speak."""

    def __init__(self) -> None:
        self.id = UserId(new_id())
        self.session_id = SessionId(new_id())
        self.participant_id = ParticipantId(new_id())

    def reserve(self, amount: str, *, turn_id: TurnId | None = None, attempt: int = 1) -> ReserveBudget:
        """What a worker asks before a call."""
        return ReserveBudget(
            turn_id=turn_id or TurnId(new_id()),
            attempt=attempt,
            payer=self.id,
            session_id=self.session_id,
            model_id="demo",
            amount=Decimal(amount),
        )

    def metered(
        self,
        cost: str = "1",
        *,
        turn_id: TurnId | None = None,
        attempt: int = 1,
        call: int = 1,
        model_id: str = "demo",
        tokens: tuple[int, int] = (100, 50),
        estimated: bool = False,
        at: datetime | None = None,
    ) -> UsageMetered:
        """What a worker reports after a call."""
        return UsageMetered(
            session_id=self.session_id,
            turn_id=turn_id or TurnId(new_id()),
            participant_id=self.participant_id,
            attempt=attempt,
            call=call,
            call_id=CallId(new_id()),
            payer=self.id,
            provider="demo",
            model_id=model_id,
            key_id=None,
            usage=Usage(tokens_input=tokens[0], tokens_output=tokens[1], tokens_cached=10, estimated=estimated),
            cost=Decimal(cost),
            outcome="completed",
            started_at=at or datetime.now(UTC),
            first_token_seconds=0.2,
            duration_seconds=1.5,
        )

    def lost(
        self,
        *,
        turn_id: TurnId | None = None,
        attempt: int = 1,
        tokens_input: int = 1_000,
        text_length: int = 300,
        model: str = "demo",
        at: datetime | None = None,
        calling: bool = True,
    ) -> AttemptLost:
        """What session announces when a worker died, in mid-call or before any."""
        call = OpenCall(call_id=CallId(new_id()), call=1, model=model, tokens_input=tokens_input)
        return AttemptLost(
            session_id=self.session_id,
            turn_id=turn_id or TurnId(new_id()),
            attempt=attempt,
            payer=self.id,
            participant_id=self.participant_id,
            open_call=call if calling else None,
            text_length=text_length,
            at=at or datetime.now(UTC),
        )

    def reserve_side_job(
        self,
        amount: str,
        *,
        job: CompletionId,
        delivery: int = 1,
        call: int = 1,
        key_id: KeyId | None = None,
    ) -> ReserveCompletion:
        """What a worker asks before each call of a side job."""
        return ReserveCompletion(
            completion_id=job,
            delivery=delivery,
            call=call,
            payer=self.id,
            purpose="summary",
            session_id=self.session_id,
            provider="demo",
            model_id="demo",
            amount=Decimal(amount),
            prompt_tokens=1_000,
            prompt_cost=Decimal("0.25"),
            call_id=CallId(new_id()),
            key_id=key_id,
        )

    def side_job_metered(
        self, cost: str = "1", *, job: CompletionId, delivery: int = 1, call: int = 1
    ) -> CompletionMetered:
        """What a worker reports after each call of a side job."""
        return CompletionMetered(
            completion_id=job,
            delivery=delivery,
            purpose="summary",
            session_id=self.session_id,
            call=call,
            call_id=CallId(new_id()),
            payer=self.id,
            provider="demo",
            model_id="demo",
            key_id=None,
            usage=Usage(tokens_input=100, tokens_output=50),
            cost=Decimal(cost),
            outcome="completed",
            started_at=datetime.now(UTC),
            first_token_seconds=0.2,
            duration_seconds=1.5,
        )

    def side_job_done(self, job: CompletionId, delivery: int = 1) -> CompletionCompleted:
        """A side job is done."""
        return CompletionCompleted(**self._side_job_end(job, delivery), text="Tea is good.", finish_reason="stop")

    def side_job_failed(self, job: CompletionId, delivery: int = 1) -> CompletionFailed:
        """A side job failed."""
        said = self._side_job_end(job, delivery)
        return CompletionFailed(**said, code=ErrorCode.INTERRUPTED, message="It was interrupted.", retryable=True)

    def _side_job_end(self, job: CompletionId, delivery: int) -> dict[str, Any]:
        return {
            "completion_id": job,
            "delivery": delivery,
            "asker": "context",
            "payer": self.id,
            "purpose": "summary",
            "session_id": self.session_id,
            "model": "demo",
            "at": datetime.now(UTC),
        }

    def turn_end(self, turn_id: TurnId) -> EventFrame:
        """A turn's last log entry."""
        return TurnStopped.model_validate(
            {
                "session_id": self.session_id,
                "epoch": new_id(),
                "seq": 1,
                "at": datetime.now(UTC),
                "data": {
                    "turn_id": turn_id,
                    "reply_id": new_id(),
                    "participant_id": self.participant_id,
                    "model": "demo",
                    "branch": "main",
                    "round": 1,
                    "step": 1,
                    "speaker": "Ada",
                    "code": "STOPPED",
                    "message": "stopped",
                    "retryable": False,
                },
            }
        )


@dataclass
class Catalogue:
    """Model-router's answers. `asked` counts them."""

    cards: dict[str, ModelCard] = field(default_factory=lambda: {"demo": card()})
    asked: int = 0

    async def model_read(self, request: ReadModels) -> ModelList:
        """Answer as model-router."""
        self.asked += 1
        return ModelList(models=tuple(self.cards[model_id] for model_id in request.ids if model_id in self.cards))
