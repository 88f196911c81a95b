"""A room with one worker, or several, on a real broker with played neighbours."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from palaver.contracts.ids import CompletionId, MessageId, ParticipantId, SessionId, TurnId, UserId, new_id
from palaver.contracts.model_router import (
    RUN_COMPLETION,
    RUN_TURN,
    CompletionOutcome,
    Outcome,
    RunCompletion,
    RunTurn,
    WindowMessage,
)
from palaver.contracts.session_log import AnswerSettings, TurnRef
from palaver.contracts.streams import COMMANDS
from palaver.model_router.app import build
from palaver.model_router.settings import Settings
from palaver.model_router.testing.neighbours import Neighbours
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.settings import DatabaseSettings
from palaver.servicekit.testing.kits import KitFor, Running

PAYER = UserId("01900000-0000-7000-8000-000000000001")
SETTLE_SECONDS = 20.0
POLL_SECONDS = 0.005


class World:
    """Enter it to have the neighbours; `worker` adds the service under test, under its own credential if given."""

    def __init__(
        self,
        kit_for: KitFor,
        running: Running,
        base_urls: Mapping[str, str],
        database: DatabaseSettings,
        *,
        nkey_seed: SecretStr | None = None,
    ) -> None:
        self._nkey_seed = nkey_seed
        self.neighbours = Neighbours()
        self.session_id = SessionId(new_id())
        self._kit_for = kit_for
        self._running = running
        self._base_urls = dict(base_urls)
        self.database = database
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> "World":
        for name, routes in (("session", self.neighbours.answers), ("gateway", self.neighbours.ears)):
            kit = await self._kit_for(name)
            await self._exit.enter_async_context(self._running(Service(name, routes), kit))
        self.broker = (await self._kit_for("test")).broker
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def worker(self, **settings: Any) -> Kit:
        """Start a worker that runs until the test ends."""
        kit, life = await self.own_worker(**settings)
        await self._exit.enter_async_context(life)
        return kit

    async def own_worker(self, **settings: Any) -> tuple[Kit, AbstractAsyncContextManager[None]]:
        """A worker whose life the test decides on."""
        kit = await self._kit_for("model-router", nkey_seed=self._nkey_seed)
        quick = {"first_pause_seconds": 0.01, **settings.pop("retry", {})}
        base_urls = {**self._base_urls, **settings.pop("base_urls", {})}
        made = Settings.model_validate({"base_urls": base_urls, "retry": quick, "database": self.database, **settings})
        return kit, self._running(build(made, kit), kit)

    async def order(
        self,
        model: str,
        *,
        attempt: int = 1,
        turn_id: str | None = None,
        seconds: float = 60,
        deadline: datetime | None = None,
        settings: AnswerSettings | None = None,
    ) -> TurnId:
        """Order a turn that may take `seconds`, or until `deadline`."""
        turn = TurnRef(
            turn_id=TurnId(turn_id or new_id()),
            reply_id=MessageId(new_id()),
            participant_id=ParticipantId(new_id()),
            model=model,
            branch="main",
            round=3,
            step=1,
            speaker="Ada",
        )
        order = RunTurn(
            session_id=self.session_id,
            turn=turn,
            attempt=attempt,
            issues=1,
            payer=PAYER,
            min_seq=7,
            deadline=deadline or datetime.now(UTC) + timedelta(seconds=seconds),
            settings=settings or AnswerSettings(),
        )
        await self.broker.publish(RUN_TURN, order, turn.turn_id, message_id=new_id())
        return turn.turn_id

    async def side_job(self, model: str, *texts: str, **changes: Any) -> CompletionId:
        """Order a side job; without `texts` about one message."""
        messages = [
            WindowMessage(role="assistant" if place % 2 else "user", text=text)
            for place, text in enumerate(texts or ("Is tea good?",))
        ]
        facts: dict[str, Any] = {
            "completion_id": new_id(),
            "asker": "context",
            "payer": PAYER,
            "purpose": "summary",
            "model_id": model,
            "messages": messages,
            "max_output_tokens": 500,
            "session_id": self.session_id,
        }
        order = RunCompletion.model_validate(facts | changes)
        await self.broker.publish(RUN_COMPLETION, order, order.completion_id, message_id=order.completion_id)
        return order.completion_id

    async def side_job_outcome(self, completion_id: CompletionId) -> CompletionOutcome:
        """How the side job ended, as its asker hears it first."""
        outcomes = self.neighbours.side_job_outcomes
        await self.until(lambda: any(o.completion_id == completion_id for o in outcomes))
        return next(o for o in outcomes if o.completion_id == completion_id)

    async def unsettled(self, durable: str) -> int:
        """Commands that wait or are in work."""
        info = await self.broker.nc.jetstream().consumer_info(COMMANDS.name, durable)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def outcome(self, turn_id: TurnId) -> Outcome:
        """How the turn ended, once it has."""
        await self.until(lambda: any(o.turn_id == turn_id for o in self.neighbours.outcomes))
        return next(o for o in self.neighbours.outcomes if o.turn_id == turn_id)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that will be so. Raises TimeoutError."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while not condition():  # noqa: ASYNC110 - what is waited for is plain data
                await asyncio.sleep(POLL_SECONDS)
