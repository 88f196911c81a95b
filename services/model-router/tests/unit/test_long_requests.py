"""A long conversation must not hold up the loop on its way into a request: all streams of a worker would wait."""

import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import openai
import pytest
from pydantic import SecretStr

from palaver.contracts.model_router import WindowMessage
from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.domain import Key, ProviderCall
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.loading import LoadedAdapters
from palaver.model_router.providers.network import Network

SDK = f"{Path(openai.__file__).parent}/"
NOWHERE = "http://127.0.0.1:1/v1"
"""Nobody listens there: the request is made whole, and refused."""


async def functions_called(model_id: str, messages: int) -> int:
    """How many functions of the provider's SDK run until a request with so many messages is on its way."""
    base = catalogue.load()
    models = catalogue.load(None, {base.model(model_id).provider.id: NOWHERE})
    model = models.model(model_id)
    window = tuple(
        WindowMessage(role="user" if number % 2 == 0 else "assistant", text=f"message {number}")
        for number in range(messages)
    )
    call = ProviderCall(model, Key(None, model.provider.id, model.provider.host, SecretStr("k")), window, 100)
    adapters = LoadedAdapters(Network(connect_seconds=1, addresses=Addresses()))
    adapter = await adapters.of(model.provider)
    called: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and SDK in frame.f_code.co_filename:
            called["all"] += 1

    sys.setprofile(note)
    try:
        with pytest.raises(ProviderFailed):
            async with adapter.stream(call):
                pass
    finally:
        sys.setprofile(None)
        await adapters.stop()
    return called["all"]


@pytest.mark.parametrize("model_id", ["gpt-4o", "gpt-5"])
async def test_a_conversation_costs_the_sdk_no_work_for_each_of_its_messages(model_id: str) -> None:
    await functions_called(model_id, 1)  # what is done once for all
    short, long = await functions_called(model_id, 1), await functions_called(model_id, 251)
    assert short > 0
    assert long - short < 250
