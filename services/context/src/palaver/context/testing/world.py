"""The neighbours of this service, played on a real broker, and what tests of it need in one place."""
# ruff: noqa: ARG002 - a double keeps the signatures of its port

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from palaver.context.building import Fitted
from palaver.context.domain import EntryKey, Room
from palaver.context.families import supposed
from palaver.context.projection import Progress, Step
from palaver.context.rates import Rates, Tokens
from palaver.context.reading import Reading
from palaver.context.testing.scribe import START, Scribe
from palaver.context.window import shaped
from palaver.contracts import limits
from palaver.contracts.client_protocol import ContextSummaryNotice, ContextUsageNotice
from palaver.contracts.context import WINDOW_BUILD, BuildWindow, Cut, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId, SessionId, UserId
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    Capabilities,
    CompletionCompleted,
    CompletionFailed,
    ModelCard,
    ModelList,
    ModelProfile,
    ReadModels,
    RunCompletion,
    WindowMessage,
)
from palaver.contracts.session import LOG_EVENTS, SESSION_PURGED, LogPage, ReadLog, SessionPurged
from palaver.contracts.session_log import EventFrame
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database

_MESSAGES = TypeAdapter(list[WindowMessage])


def profile(model_id: str = "demo", *, window: int = 8_000, tokenizer: str = "o200k_base") -> ModelProfile:
    """Facts about a small model."""
    return ModelProfile(model_id=model_id, window=window, reserve=1_000, tokenizer=tokenizer)


def card(of: ModelProfile) -> ModelCard:
    """What model-router answers about it."""
    return ModelCard(
        id=of.model_id,
        provider="demo",
        display_name=of.model_id,
        description="",
        window=of.window,
        max_output=of.reserve,
        input_price=Decimal("0.001"),
        output_price=Decimal("0.002"),
        capabilities=Capabilities(),
        needs_key=False,
        profile=of,
    )


def messages_of(found: Fitted) -> list[WindowMessage]:
    """What would be sent, read again from its JSON."""
    reading = Reading(found.request.participant_id).extended(found.transcript.lines)
    return _MESSAGES.validate_json(b"".join(shaped(found.request, reading, found.fit).json()))


class NothingStored:
    """A projection that nobody reads."""

    async def load(self, session_id: SessionId) -> Room | None:
        """Nothing."""
        return None

    async def advance(self, session_id: SessionId, epoch: str, steps: Sequence[Step]) -> Progress:
        """See `Projection`."""
        raise AssertionError("a window writes no log entries")

    async def restart(self, session_id: SessionId, *, old_epoch: str, epoch: str) -> None:
        """See `Projection`."""
        raise AssertionError("a window rebuilds nothing")

    async def forget(self, session_id: SessionId) -> None:
        """See `Projection`."""

    async def forget_owner(self, user_id: UserId) -> int:
        """See `Projection`."""
        return 0

    async def keep_counts(self, session_id: SessionId, encoding: str, counts: dict[EntryKey, Tokens]) -> None:
        """See `Projection`."""


class SupposedRates:
    """Rates of models of which nothing was reported yet."""

    def rates(self, profile: ModelProfile) -> Rates:
        """See `RateSource`."""
        return supposed(profile)


@dataclass
class Neighbours:
    """Session and model-router, as far as this service talks to them. `log_reads` counts questions per session."""

    rooms: dict[str, Scribe] = field(default_factory=dict[str, Scribe])
    log_reads: int = 0
    profiles: dict[str, ModelProfile] = field(default_factory=lambda: {"demo": profile()})
    notices: list[ContextUsageNotice] = field(default_factory=list[ContextUsageNotice])
    summaries: list[ContextSummaryNotice] = field(default_factory=list[ContextSummaryNotice])
    orders: list[RunCompletion] = field(default_factory=list[RunCompletion])

    async def log_read(self, request: ReadLog) -> LogPage:
        """Answer as session."""
        self.log_reads += 1
        if request.session_id not in self.rooms:
            raise Failure(ErrorCode.SESSION_NOT_FOUND, "No such session.")
        return self.rooms[request.session_id].page(request.after, min(request.limit, limits.MAX_LOG_PAGE))

    async def model_read(self, request: ReadModels) -> ModelList:
        """Answer as model-router."""
        return ModelList(models=tuple(card(self.profiles[i]) for i in request.ids if i in self.profiles))

    async def on_usage(self, notice: ContextUsageNotice) -> None:
        """Hear as a gateway."""
        self.notices.append(notice)

    async def on_summary(self, notice: ContextSummaryNotice) -> None:
        """Hear as a gateway."""
        self.summaries.append(notice)

    async def on_run_completion(self, order: RunCompletion) -> None:
        """Take a side job as a worker; what becomes of it a test says with `World.written` or `World.failed`."""
        self.orders.append(order)


@dataclass
class World:
    """A running context service, its neighbours, and a connection that may do all."""

    neighbours: Neighbours
    broker: Broker
    database: Database
    restart: Callable[[], Awaitable[None]]

    def room(self, *names: str, **options: Any) -> Scribe:
        """A room that session knows; its log is not published."""
        scribe = Scribe(names or ("Ada", "Bob"), **options)
        self.neighbours.rooms[scribe.session_id] = scribe
        return scribe

    async def publish(self, events: Iterable[EventFrame]) -> None:
        """Announce log entries, in the order given."""
        for event in events:
            name = type(event).model_fields["name"].default
            await self.broker.publish(LOG_EVENTS[name], event, event.session_id)

    async def purge(self, room: Scribe) -> None:
        """Session removes a deleted room for good, and says so."""
        del self.neighbours.rooms[room.session_id]
        await self.broker.publish(SESSION_PURGED, SessionPurged(session_id=room.session_id, at=START), "owner")

    async def written(self, order: RunCompletion, text: str) -> None:
        """A model wrote what was asked for."""
        outcome = CompletionCompleted(**_outcome(order), text=text, finish_reason="stop")
        await self.broker.publish(COMPLETION_COMPLETED, outcome, order.asker)

    async def failed(self, order: RunCompletion, code: ErrorCode, *, retryable: bool) -> None:
        """It could not be written."""
        outcome = CompletionFailed(**_outcome(order), code=code, message="It failed.", retryable=retryable)
        await self.broker.publish(COMPLETION_FAILED, outcome, order.asker)

    async def window(
        self,
        session_id: SessionId,
        participant_id: ParticipantId,
        cut: Cut,
        min_seq: int,
        of: ModelProfile | None = None,
    ) -> Window:
        """Ask for a window."""
        order = BuildWindow(
            session_id=session_id,
            participant_id=participant_id,
            min_seq=min_seq,
            before=cut,
            profile=of or profile(),
        )
        return await self.broker.ask(WINDOW_BUILD, order)


def _outcome(order: RunCompletion) -> dict[str, Any]:
    said = order.model_dump(include={"completion_id", "asker", "payer", "purpose", "session_id"})
    return said | {"delivery": 1, "model": order.model_id, "at": START}
