"""The session service's neighbours, played on the real broker: people, the model-router and its workers, the keyvault,
listeners.

Everything goes through the service's own subjects; what it says is recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, TypeAdapter

from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import Error, PostOptions
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, ParticipantId, TurnId, UserId, WorkerId, new_id
from palaver.contracts.keyvault import KeyList, KeyView, ListKeys
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    RUN_COMPLETION,
    RUN_TURN,
    TURN_COMPLETED,
    TURN_FAILED,
    TURN_STARTED,
    TURN_STOPPED,
    Capabilities,
    CompletionCompleted,
    CompletionFailed,
    ModelCard,
    ModelList,
    ModelProfile,
    ReadModels,
    RunCompletion,
    RunTurn,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
    TurnStopped,
)
from palaver.contracts.session import (
    ATTACH_READ,
    ATTEMPT_LOST,
    LOG_READ,
    POST_MESSAGE,
    SESSION_CREATE,
    STOP_ROUNDS,
    STOP_TURNS,
    TURN_CLAIM,
    TURN_RENEW,
    TURN_STOP,
    USER_NOTIFIED,
    AttachState,
    AttemptLost,
    Checkpoint,
    ClaimTurn,
    CreateSession,
    NewParticipant,
    OpenCall,
    PostMessage,
    ReadAttach,
    ReadLog,
    Renewal,
    RenewedTurn,
    RenewTurns,
    StopTurns,
    TurnsStopping,
    partition_of,
)
from palaver.contracts.session_log import EventFrame, SessionEvent, SessionView
from palaver.contracts.streams import EVENTS
from palaver.servicekit.broker import Broker

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
E = TypeVar("E", bound=EventFrame)

Replica = Callable[..., Awaitable[None]]
"""Starts one more copy of the service; keyword arguments are settings that differ from the defaults."""

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.01
LOG_SUBJECTS = "evt.session.*.*.v1.*"
_entry: TypeAdapter[SessionEvent] = TypeAdapter(SessionEvent)


class Heard(Protocol):
    """A message as the broker's client gives it to a subscriber."""

    subject: str
    data: bytes


def actor(user: str = "alice") -> Actor:
    """A signed-in person."""
    return Actor(user_id=UserId(user))


async def refused(answer: Awaitable[Any]) -> Failure:
    """What the service says against it. Raises AssertionError where it does it."""
    try:
        await answer
    except Failure as failure:
        return failure
    raise AssertionError("it was not refused")


async def until(condition: Callable[[], T], what: str = "") -> T:
    """The condition's first true value. Raises TimeoutError."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (value := condition()):  # noqa: ASYNC110 - a test waits for any condition
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"waited for {what or condition}") from None
    return value


async def answer_models(request: ReadModels) -> ModelList:
    """A catalogue that knows every model but those called `unknown…`. Models of the provider `keyed` need a key."""
    return ModelList(models=tuple(_card(model) for model in request.ids if not model.startswith("unknown")))


async def answer_keys(request: ListKeys) -> KeyList:
    """Alice has two keys for the provider `keyed`, of which one works; none of Bob's does."""
    if request.actor.user_id not in ("alice", "bob"):
        return KeyList(keys=())
    statuses = ("invalid", "active") if request.actor.user_id == "alice" else ("invalid", "invalid")
    return KeyList(keys=tuple(_key(status) for status in statuses))


def _key(status: Literal["active", "invalid"]) -> KeyView:
    now = datetime.now(UTC)
    return KeyView(
        id=KeyId(new_id()), provider="keyed", host="demo", label="", key_hint="abcd", status=status, created_at=now
    )


def _card(model: str) -> ModelCard:
    provider = model.split("/", maxsplit=1)[0]
    return ModelCard(
        id=model,
        provider=provider,
        display_name=model.rsplit("/", 1)[-1].title(),
        description="A model of a test.",
        window=8_000,
        max_output=1_000,
        input_price=Decimal(0),
        output_price=Decimal(0),
        capabilities=Capabilities(),
        needs_key=provider == "keyed",
        profile=ModelProfile(model_id=model, window=8_000, reserve=1_000, tokenizer="o200k_base"),
    )


@dataclass
class World:
    """What a test does to the service, and what it hears of it."""

    broker: Broker
    entries: list[EventFrame] = field(default_factory=list[EventFrame])
    orders: list[RunTurn] = field(default_factory=list[RunTurn])
    side_jobs: list[RunCompletion] = field(default_factory=list[RunCompletion])
    refusals: list[Error] = field(default_factory=list[Error])
    called_back: list[TurnId] = field(default_factory=list[TurnId])
    lost: list[AttemptLost] = field(default_factory=list[AttemptLost])

    async def listen(self) -> None:
        """Record what the service says, each message once."""
        nc = self.broker.nc

        async def on_entry(msg: Heard) -> None:
            if not msg.subject.startswith(ATTEMPT_LOST.address.stem):
                self.entries.append(_entry.validate_json(msg.data))

        async def on_stop(msg: Heard) -> None:
            self.called_back.extend(TurnsStopping.model_validate_json(msg.data).turns)

        await nc.subscribe(LOG_SUBJECTS, cb=on_entry)
        await nc.subscribe(RUN_TURN.address.wildcard, cb=_recorder(RunTurn, self.orders))
        await nc.subscribe(RUN_COMPLETION.address.wildcard, cb=_recorder(RunCompletion, self.side_jobs))
        await nc.subscribe(USER_NOTIFIED.address.wildcard, cb=_recorder(Error, self.refusals))
        await nc.subscribe(TURN_STOP.address.wildcard, cb=on_stop)
        await nc.subscribe(ATTEMPT_LOST.address.wildcard, cb=_recorder(AttemptLost, self.lost))
        await nc.flush()

    # ---- people ----------------------------------------------------------------------------------------------------
    async def create(self, *models: str, user: str = "alice", mode: str = "parallel") -> SessionView:
        """A room with these models."""
        seats = tuple(NewParticipant(model=model) for model in models or ("demo/ada", "demo/bo"))
        return await self.broker.ask(SESSION_CREATE, CreateSession(actor=actor(user), mode=mode, participants=seats))

    async def post(
        self,
        room: SessionView,
        content: str = "Hello",
        *,
        user: str = "alice",
        client_message_id: str | None = None,
        to: tuple[ParticipantId, ...] | None = None,
        options: PostOptions | None = None,
    ) -> str:
        """Say something; returns the `client_message_id`."""
        command = PostMessage(
            actor=actor(user),
            session_id=room.id,
            client_message_id=client_message_id or new_id(),
            content=content,
            to=to,
            options=options or PostOptions(),
        )
        await self.broker.publish(POST_MESSAGE, command, partition_of(room.id), room.id)
        return command.client_message_id

    async def stop(
        self,
        room: SessionView,
        *,
        turn: TurnId | None = None,
        participant: ParticipantId | None = None,
        user: str = "alice",
    ) -> None:
        """Stop one turn, one participant or everything."""
        command = StopTurns(actor=actor(user), session_id=room.id, turn_id=turn, participant_id=participant)
        await self.broker.publish(STOP_TURNS, command, room.id)

    async def stop_in_order(self, room: SessionView, *, user: str = "alice") -> None:
        """Stop everything once more, behind the posts that were said before."""
        command = StopTurns(actor=actor(user), session_id=room.id)
        await self.broker.publish(STOP_ROUNDS, command, partition_of(room.id), room.id)

    async def attach(self, room: SessionView, after: int | None = None, epoch: str | None = None) -> AttachState:
        """The room as a client gets it."""
        request = ReadAttach(actor=actor(room.owner_id), session_id=room.id, after=after, epoch=epoch)
        return await self.broker.ask(ATTACH_READ, request)

    async def log(self, room: SessionView) -> list[SessionEvent]:
        """The whole log."""
        entries: list[SessionEvent] = []
        while True:
            after = entries[-1].seq if entries else 0
            page = await self.broker.ask(LOG_READ, ReadLog(session_id=room.id, after=after))
            if not page.entries:
                return entries
            entries += page.entries

    # ---- listening -------------------------------------------------------------------------------------------------
    def heard(self, kind: type[E], room: SessionView | None = None) -> list[E]:
        """Entries of this kind that were published, each `seq` once, in the order of `seq`."""
        found = {
            (entry.session_id, entry.seq): entry
            for entry in self.entries
            if isinstance(entry, kind) and (room is None or entry.session_id == room.id)
        }
        return [found[key] for key in sorted(found)]

    async def orders_of(self, room: SessionView, count: int) -> list[RunTurn]:
        """The first `count` orders to run turns of the room, once they are there."""

        def there() -> list[RunTurn]:
            return [order for order in self.orders if order.session_id == room.id]

        await until(lambda: len(there()) >= count, f"{count} orders, there are {len(there())}")
        return there()[:count]

    # ---- workers ---------------------------------------------------------------------------------------------------
    async def claim(self, order: RunTurn, worker: str = "w1") -> str:
        """Ask for a turn; the verdict."""
        request = ClaimTurn(turn_id=order.turn.turn_id, attempt=order.attempt, worker=WorkerId(worker))
        return (await self.broker.ask(TURN_CLAIM, request)).verdict

    async def renew(
        self,
        order: RunTurn,
        text: str | None = None,
        *,
        offset: int = 0,
        worker: str = "w1",
        released: bool = False,
        call: OpenCall | None = None,
    ) -> RenewedTurn:
        """Renew one claim, with the text since the last checkpoint."""
        renewal = Renewal(
            turn_id=order.turn.turn_id,
            attempt=order.attempt,
            checkpoint=None if text is None else Checkpoint(offset=offset, text=text),
            open_call=call,
            released=released,
        )
        return (await self.renew_all(renewal, worker=worker))[0]

    async def renew_all(self, *renewals: Renewal, worker: str = "w1") -> tuple[RenewedTurn, ...]:
        """One request for several claims. More patient than a worker, who asks again: a test asks once."""
        request = RenewTurns(worker=WorkerId(worker), turns=renewals)
        return (await self.broker.ask(TURN_RENEW, request, timeout_seconds=PATIENCE_SECONDS)).turns

    async def started(self, order: RunTurn, worker: str = "w1") -> None:
        """The first token came."""
        fact = TurnStarted(**_fact(order, worker), model=order.turn.model)
        await self.broker.publish(TURN_STARTED, fact, order.session_id)

    async def completed(self, order: RunTurn, text: str = "An answer.", worker: str = "w1") -> None:
        """The provider finished."""
        outcome = TurnCompleted(**_fact(order, worker), text=text, model=order.turn.model, finish_reason="stop")
        await self.broker.publish(TURN_COMPLETED, outcome, order.session_id)

    async def failed(self, order: RunTurn, text: str = "", worker: str = "w1") -> None:
        """The attempt failed for good."""
        outcome = TurnFailed(
            **_fact(order, worker),
            text=text,
            model=order.turn.model,
            code=ErrorCode.PROVIDER_UNAVAILABLE,
            message="The provider does not answer.",
            retryable=True,
        )
        await self.broker.publish(TURN_FAILED, outcome, order.session_id)

    async def stopped(self, order: RunTurn, text: str = "", worker: str = "w1") -> None:
        """The worker stopped as told."""
        outcome = TurnStopped(**_fact(order, worker), text=text, model=order.turn.model)
        await self.broker.publish(TURN_STOPPED, outcome, order.session_id)

    async def wrote(self, order: RunCompletion, text: str) -> None:
        """A side job is done."""
        outcome = CompletionCompleted(**_ending(order), text=text, finish_reason="stop")
        await self.broker.publish(COMPLETION_COMPLETED, outcome, order.asker)

    async def wrote_nothing(self, order: RunCompletion) -> None:
        """A side job failed."""
        code = ErrorCode.PROVIDER_UNAVAILABLE
        outcome = CompletionFailed(**_ending(order), code=code, message="It is away.", retryable=True)
        await self.broker.publish(COMPLETION_FAILED, outcome, order.asker)

    async def settled(self) -> None:
        """The service has taken every outcome of a side job."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                info = await self.broker.nc.jetstream().consumer_info(EVENTS.name, "session-completions")
                if not (info.num_pending or info.num_ack_pending):
                    return
                await asyncio.sleep(POLL_SECONDS)


def _ending(order: RunCompletion) -> dict[str, Any]:
    """The fields that every outcome of a side job has."""
    kept = order.model_dump(include={"completion_id", "asker", "payer", "purpose", "session_id"})
    return {**kept, "delivery": 1, "model": order.model_id, "at": datetime.now(UTC)}


def _fact(order: RunTurn, worker: str) -> dict[str, Any]:
    """The fields that every fact about a turn has."""
    return {
        "session_id": order.session_id,
        "turn_id": order.turn.turn_id,
        "attempt": order.attempt,
        "worker": worker,
        "at": datetime.now(UTC),
    }


def _recorder(kind: type[M], into: list[M]) -> Callable[[Heard], Awaitable[None]]:
    async def record(msg: Heard) -> None:
        into.append(kind.model_validate_json(msg.data))

    return record
