"""A model that lets its thinking be seen is not silent, however late its first word is."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pydantic import SecretStr

from palaver.contracts.context import Window
from palaver.contracts.ids import SessionId, UserId
from palaver.contracts.model_router import RunTurn, WindowMessage
from palaver.contracts.testing import turn_ref
from palaver.model_router import catalogue
from palaver.model_router.answering import TurnCalls
from palaver.model_router.calling import ProviderCalls
from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.domain import Key, Listed, Progress, Provider, ProviderCall
from palaver.model_router.ports import Flushable
from palaver.model_router.preparing import Fitted
from palaver.model_router.running import RunningTurn
from palaver.model_router.silence import Patience

FIRST_TOKEN_SECONDS, THINKING_SECONDS = 0.1, 0.3


class Thinker:
    """`Adapters` of one adapter, which thinks aloud at once and speaks after the patience for a first token."""

    async def of(self, provider: Provider) -> "Thinker":
        assert provider.id == "sim-openai"
        return self

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        assert call.messages

        async def progress() -> AsyncIterator[Progress]:
            yield Progress(reasoning="hm")
            await asyncio.sleep(THINKING_SECONDS)
            yield Progress(text="Yes.", finish_reason="stop")

        yield progress()

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        raise NotImplementedError

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        raise NotImplementedError


class Outlet:
    """Takes deltas, and keeps none."""

    async def publish(self, subject: str, frame: bytes) -> None: ...

    def due(self, flow: Flushable, at: float | None) -> None: ...


async def test_thinking_is_a_sign_of_life_and_no_part_of_the_answer() -> None:
    model = catalogue.load().model("sim-swift")
    messages = (WindowMessage(role="user", text="Is it so?"),)
    key = Key(None, model.provider.id, model.provider.host, SecretStr("k"))
    window = Window(messages=messages, used=9, maximum=99, entries=1, left_out=0)
    order = RunTurn(
        session_id=SessionId("s"),
        turn=turn_ref(),
        attempt=1,
        issues=1,
        payer=UserId("u"),
        min_seq=1,
        deadline=datetime.now(UTC) + timedelta(minutes=1),
    )
    turn = RunningTurn(order, DeltaFlow("live.x", "t", 1, Outlet(), window_seconds=60))
    patience = Patience(first_token_seconds=FIRST_TOKEN_SECONDS, gap_seconds=60, call_seconds=60)
    calls = TurnCalls(ProviderCalls(Thinker(), patience), lambda _: None, max_characters=99)
    fitted = Fitted(call=ProviderCall(model, key, messages, 9), window=window, amount=Decimal(0))
    assert await calls.make(turn, fitted, lambda: None) == "stop"
    assert turn.text == "Yes."
    assert turn.calls[0].first_token_seconds is not None
    assert turn.calls[0].first_token_seconds >= THINKING_SECONDS / 2
