"""A side job through all services that have a part in it: ordered as context would, run, paid for, told once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from nats.aio.msg import Msg
from pydantic import TypeAdapter

from palaver.cli.testing.stack import Stack
from palaver.cli.up.secret_store import ADMIN
from palaver.contracts.actors import Actor
from palaver.contracts.analytics import OVERVIEW_GET, QUOTA_GET, Overview, Quota, ReadOverview, ReadQuota
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CompletionId, UserId, new_id
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    RUN_COMPLETION,
    CompletionCompleted,
    CompletionFailed,
    RunCompletion,
)
from palaver.contracts.streams import COMMANDS
from palaver.servicekit.broker import Broker
from palaver.servicekit.settings import BrokerSettings
from palaver.simulator.faults import Script

pytestmark = pytest.mark.e2e

DURABLE = "model-router-completions"
LOST_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
SUMMARY = "They agree that tea is good."
OUTCOME = TypeAdapter[CompletionCompleted | CompletionFailed](CompletionCompleted | CompletionFailed)


@asynccontextmanager
async def connected(stack: Stack, name: str) -> AsyncGenerator[Broker]:
    """A connection under the credential of a service, or of the admin."""
    settings = BrokerSettings(url=stack.servers.nats.url, nkey_seed=stack.secrets.nkey_seeds[name])
    broker = await Broker.connect(settings, service=name, label="test")
    try:
        yield broker
    finally:
        await broker.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - others' state is asked for
            await asyncio.sleep(0.05)


class Asker:
    """Orders side jobs as context, and sees what anybody hears of them."""

    def __init__(self, context: Broker, admin: Broker, payer: UserId) -> None:
        self._context = context
        self._admin = admin
        self.payer = payer
        self.outcomes: list[CompletionCompleted | CompletionFailed] = []

    async def listen(self) -> None:
        async def note(msg: Msg) -> None:
            self.outcomes.append(OUTCOME.validate_json(msg.data))

        for outcome in (COMPLETION_COMPLETED, COMPLETION_FAILED):
            await self._admin.nc.subscribe(outcome.address.wildcard, cb=note)
        await self._admin.nc.flush()

    async def order(self, **changes: Any) -> CompletionId:
        facts: dict[str, Any] = {
            "completion_id": new_id(),
            "asker": "context",
            "payer": self.payer,
            "purpose": "summary",
            "model_id": "sim-echo",
            "system": "Summarise.",
            "messages": [{"role": "user", "text": "Is tea good? Yes. Is coffee? Perhaps."}],
            "max_output_tokens": 500,
        }
        order = RunCompletion.model_validate(facts | changes)
        await self._context.publish(RUN_COMPLETION, order, order.completion_id, message_id=order.completion_id)
        return order.completion_id

    async def outcome(self, completion_id: CompletionId) -> CompletionCompleted | CompletionFailed:
        async def there() -> bool:
            return any(outcome.completion_id == completion_id for outcome in self.outcomes)

        await until(there)
        return next(outcome for outcome in self.outcomes if outcome.completion_id == completion_id)

    async def overview(self) -> Overview:
        return await self._admin.ask(OVERVIEW_GET, ReadOverview(actor=Actor(user_id=self.payer)))

    async def quota(self) -> Quota:
        return await self._admin.ask(QUOTA_GET, ReadQuota(actor=Actor(user_id=self.payer)))

    async def booked(self, requests: int) -> Overview:
        """The payer's figures, once so many calls are booked and no money is set aside any more."""

        async def settled() -> bool:
            return (await self.overview()).requests == requests and (await self.quota()).reserved == 0

        await until(settled)
        return await self.overview()

    async def find_the_lost_soon(self) -> None:
        """Half a minute is too long for a test."""
        js = self._admin.nc.jetstream()
        declared = (await js.consumer_info(COMMANDS.name, DURABLE)).config
        await js.add_consumer(COMMANDS.name, config=declared.evolve(ack_wait=LOST_SECONDS))


@asynccontextmanager
async def asker(stack: Stack) -> AsyncGenerator[Asker]:
    async with await stack.person() as ada, connected(stack, "context") as context, connected(stack, ADMIN) as admin:
        made = Asker(context, admin, ada.rest.signed_in.user.id)
        await made.listen()
        yield made


async def test_a_side_job_is_done_once_and_every_call_of_it_is_booked_whoever_dies(stack: Stack):
    stack.simulator.stage.scripts.arm(Script(model="sim-echo", text=SUMMARY))
    async with asker(stack) as context:
        done = await context.outcome(await context.order())
        assert isinstance(done, CompletionCompleted)
        assert done.text == SUMMARY
        figures = await context.booked(1)
        assert (figures.cost, figures.estimated) == (done.cost, 0)

        stack.simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 4_000, tokens_per_second=20))
        stack.simulator.stage.scripts.arm(Script(model="sim-echo", text=SUMMARY))
        await context.find_the_lost_soon()
        interrupted = await context.order()

        async def in_mid_call() -> bool:
            records = stack.simulator.stage.recorder.records("sim-echo")
            return len(records) == 2 and bool(records[-1].text)

        await until(in_mid_call)
        await stack.replicas["model-router"][0].vanish()
        await stack.add("model-router")
        redone = await context.outcome(interrupted)
        assert isinstance(redone, CompletionCompleted)
        assert (redone.text, redone.delivery) == (SUMMARY, 2)
        figures = await context.booked(3)
        assert figures.estimated == 1
        assert redone.cost is not None
        assert done.cost is not None
        assert figures.cost > done.cost + redone.cost
        assert len(context.outcomes) == 2


@pytest.mark.parametrize("stack", [{"overrides": {"analytics": {"daily_limit_usd": "0.000001"}}}], indirect=True)
async def test_a_payer_whose_day_is_used_up_pays_for_no_side_job(stack: Stack):
    async with asker(stack) as context:
        outcome = await context.outcome(await context.order())
        assert isinstance(outcome, CompletionFailed)
        assert (outcome.code, outcome.retryable, outcome.cost) == (ErrorCode.QUOTA_EXCEEDED, False, None)
        assert stack.simulator.stage.recorder.records("sim-echo") == []
        assert (await context.booked(0)).cost == 0
