"""A wish about an answer is sent as far as the model takes it, and never so that its provider refuses the request."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from palaver.contracts.model_router import Capabilities, WindowMessage
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router import catalogue
from palaver.model_router.domain import Key, Model, ProviderCall
from palaver.model_router.testing import golden
from palaver.model_router.tuning import Tuning, tuned
from palaver.simulator import models as simulated
from palaver.simulator.anthropic import AnthropicWire
from palaver.simulator.gemini import GeminiWire
from palaver.simulator.openai import OpenAIWire
from palaver.simulator.responses import ResponsesWire
from palaver.simulator.wire import Wire

WIRES: dict[str, Wire] = {
    "openai": OpenAIWire(),
    "openai-responses": ResponsesWire(),
    "anthropic": AnthropicWire(),
    "gemini": GeminiWire(),
}
CATALOGUE = catalogue.load()
PLAYED = [CATALOGUE.model(model.id) for model in simulated.MODELS]
WISHES = AnswerSettings(temperature=1.7, top_p=0.4, max_output_tokens=100)
RANGE = {"minimum": 0.2, "maximum": 1.0}


def model_with(**facts: Any) -> Model:
    return replace(CATALOGUE.model("sim-swift"), reserve=2_000, capabilities=Capabilities.model_validate(facts))


def body_of(model: Model, settings: AnswerSettings) -> dict[str, Any]:
    tuning = tuned(settings, model)
    key = Key(None, model.provider.id, model.provider.host, SecretStr("sk-x"))
    window = (WindowMessage(role="user", text="Hello"),)
    call = ProviderCall(model, key, window, tuning.max_tokens, temperature=tuning.temperature, top_p=tuning.top_p)
    return golden.REQUESTS[model.provider.protocol](call)


@pytest.mark.parametrize(
    ("facts", "wished", "asked"),
    [
        ({"temperature": RANGE}, {}, Tuning(2_000)),
        ({"temperature": RANGE}, {"max_output_tokens": 10}, Tuning(10)),
        ({"temperature": RANGE}, {"max_output_tokens": 10_000}, Tuning(2_000)),
        ({"temperature": RANGE}, {"temperature": 0.0}, Tuning(2_000, 0.2)),
        ({"temperature": RANGE}, {"temperature": 1.7}, Tuning(2_000, 1.0)),
        ({"temperature": RANGE}, {"temperature": 0.5, "top_p": 0.4}, Tuning(2_000, 0.5, 0.4)),
        ({"temperature": RANGE, "top_p": "alone"}, {"temperature": 0.5, "top_p": 0.4}, Tuning(2_000, 0.5)),
        ({"temperature": RANGE, "top_p": "alone"}, {"top_p": 0.4}, Tuning(2_000, None, 0.4)),
        ({"temperature": RANGE, "top_p": "no"}, {"top_p": 0.4}, Tuning(2_000)),
        ({}, {"temperature": 0.5, "top_p": 0.4}, Tuning(2_000)),
    ],
)
def test_a_wish_is_brought_into_bounds_or_left_out(
    facts: dict[str, Any], wished: dict[str, Any], asked: Tuning
) -> None:
    assert tuned(AnswerSettings.model_validate(wished), model_with(**facts)) == asked


wishes = st.builds(
    AnswerSettings,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_output_tokens=st.none() | st.integers(1, 1_000_000),
)


@given(wishes, st.sampled_from(PLAYED))
def test_no_provider_refuses_any_wish(settings: AnswerSettings, model: Model) -> None:
    body = body_of(model, settings)
    whole = body if model.provider.protocol == "gemini" else {**body, "stream": True}
    target = {"call": f"{model.upstream}:streamGenerateContent"}
    WIRES[model.provider.protocol].read({"anthropic-version": "2023-06-01"}, whole, target)


@pytest.mark.parametrize(
    ("model_id", "said"),
    [
        ("sim-moth", {"temperature": 1.7, "top_p": 0.4, "max_completion_tokens": 100}),
        ("gpt-4.1", {"temperature": 1.7, "top_p": 0.4, "max_output_tokens": 100}),
        ("gpt-5", {"max_output_tokens": 100}),
        ("claude-haiku-4-5", {"temperature": 1.0, "max_tokens": 100}),
        ("claude-opus-5-5", {"max_tokens": 100}),
    ],
)
def test_each_format_says_it_in_its_own_words(model_id: str, said: dict[str, Any]) -> None:
    names = ("temperature", "top_p", "max_tokens", "max_output_tokens", "max_completion_tokens")
    body = body_of(CATALOGUE.model(model_id), WISHES)
    assert {name: value for name, value in body.items() if name in names} == said


def test_gemini_says_it_in_its_configuration() -> None:
    (model,) = [m for m in PLAYED if m.id == "sim-comet"]
    assert body_of(model, WISHES)["generationConfig"] == {"maxOutputTokens": 100, "temperature": 1.7, "topP": 0.4}


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda m: m.id)
def test_nothing_is_said_of_it_where_nothing_is_wished(model: Model) -> None:
    assert "temperature" not in str(body_of(model, AnswerSettings()))
    assert tuned(AnswerSettings(), model) == Tuning(model.reserve)
