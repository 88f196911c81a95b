"""Whatever window context shapes, the request made of it keeps its provider's rules, as the simulator enforces them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from palaver.contracts.model_router import WindowMessage
from palaver.model_router import catalogue
from palaver.model_router.domain import Key, Model, ProviderCall
from palaver.model_router.testing import golden
from palaver.model_router.testing.rooms import SHAPES
from palaver.simulator import models as simulated
from palaver.simulator.anthropic import AnthropicWire
from palaver.simulator.gemini import GeminiWire
from palaver.simulator.openai import OpenAIWire
from palaver.simulator.responses import ResponsesWire
from palaver.simulator.wire import ChatRequest, Wire

WIRES: dict[str, Wire] = {
    "openai": OpenAIWire(),
    "openai-responses": ResponsesWire(),
    "anthropic": AnthropicWire(),
    "gemini": GeminiWire(),
}
CATALOGUE = catalogue.load()
MODELS = [CATALOGUE.model(model.id) for model in simulated.MODELS]
HEADERS = {"anthropic-version": "2023-06-01"}


def asked(model: Model, window: tuple[WindowMessage, ...]) -> ChatRequest:
    """What the provider understands. Raises Refusal."""
    key = Key(None, model.provider.id, model.provider.host, SecretStr("sk-x"))
    body: dict[str, Any] = golden.REQUESTS[model.provider.protocol](ProviderCall(model, key, window, model.reserve))
    target = {"call": f"{model.upstream}:streamGenerateContent"}
    whole = body if model.provider.protocol == "gemini" else {**body, "stream": True}
    return WIRES[model.provider.protocol].read(HEADERS, whole, target)


def read_back(request: ChatRequest) -> list[tuple[str, str]]:
    return [(said.role, said.text) for said in request.said]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.participants}.{s.name}")
def test_every_shape_of_a_room_is_accepted_by_every_model_word_for_word(model: Model, shape: Any) -> None:
    window = shape.window()
    assert read_back(asked(model, window)) == [(message.role, message.text) for message in window]


text = st.text(min_size=1, max_size=400).filter(str.strip)


@given(st.lists(text, min_size=0, max_size=6), text, st.none() | text, st.sampled_from(MODELS))
def test_any_words_arrive_unchanged(said: list[str], newest: str, system: str | None, model: Model) -> None:
    turns = [*said, newest] if len(said) % 2 == 0 else [*said[1:], newest]
    window = (
        *(() if system is None else (WindowMessage(role="system", text=system),)),
        *(WindowMessage(role="assistant" if n % 2 else "user", text=words) for n, words in enumerate(turns)),
    )
    assert read_back(asked(model, window)) == [(message.role, message.text) for message in window]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_the_catalogue_knows_how_each_simulated_provider_caches(model: Model) -> None:
    played_model = next(m for m in simulated.MODELS if m.id == model.id)
    played = simulated.CACHES[played_model.protocol]
    assert model.cache.kind == played.kind
    assert model.cache.min_tokens == played.min_tokens
    if played.kind == "prefix":
        assert model.cache.block_tokens == played.block_tokens
    else:
        assert model.cache.max_markers == played.max_markers


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_the_catalogue_knows_what_each_simulated_model_refuses(model: Model) -> None:
    played = next(m for m in simulated.MODELS if m.id == model.id)
    assert model.capabilities.reasoning == played.reasoning
    assert model.grammar.prefill == played.prefill
    assert not (played.reasoning and model.capabilities.temperature)
    if played.shared_window:
        assert model.reserve < model.window
