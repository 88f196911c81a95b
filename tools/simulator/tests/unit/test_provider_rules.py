"""Every enforced rule is broken once, and refused in the provider's own words; what keeps the rules is taken."""

from collections.abc import Mapping
from typing import Any

import pytest

from palaver.simulator.anthropic import AnthropicWire
from palaver.simulator.gemini import GeminiWire
from palaver.simulator.openai import OpenAIWire
from palaver.simulator.responses import ResponsesWire
from palaver.simulator.wire import ChatRequest, Refusal, Wire

USER = {"role": "user", "content": "Is tea good?"}
OWN = {"role": "assistant", "content": "It is."}
HEADERS = {"anthropic-version": "2023-06-01"}


def chat(**changes: Any) -> dict[str, Any]:
    return {"model": "sim-swift", "messages": [USER], **changes}


def responses(**changes: Any) -> dict[str, Any]:
    return {"model": "sim-finch", "input": [USER], **changes}


def messages(**changes: Any) -> dict[str, Any]:
    return {"model": "sim-sage", "max_tokens": 100, "messages": [USER], **changes}


def generate(*said: tuple[str, str], **changes: Any) -> dict[str, Any]:
    turns = said or (("user", "Is tea good?"),)
    return {"contents": [{"role": role, "parts": [{"text": text}]} for role, text in turns], **changes}


def read(wire: Wire, body: Any, call: str = "sim-dune:streamGenerateContent") -> ChatRequest:
    return wire.read(HEADERS, body, {"call": call})


def refused(wire: Wire, body: Any, call: str = "sim-dune:streamGenerateContent") -> Mapping[str, Any]:
    with pytest.raises(Refusal) as refusal:
        read(wire, body, call)
    assert refusal.value.status in {400, 404}
    return refusal.value.body["error"]


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (chat(messages=[]), "messages", "empty array"),
        (chat(messages=[{"role": "narrator", "content": "x"}]), "messages[0].role", "Invalid value: 'narrator'"),
        (chat(messages=[{**USER, "name": "Ada Lovelace"}]), "messages[0].name", "does not match pattern"),
        (chat(messages=[{"role": "user", "content": None}]), "messages.[0].content", "got null"),
        (chat(max_tokens=0), "max_tokens", ">= 1, but got 0"),
        (chat(max_completion_tokens=5_000), "max_tokens", "at most 4096 completion tokens"),
        (chat(temperature=3), "temperature", "Expected a value <= 2"),
        (chat(temperature=-1), "temperature", "Expected a value >= 0"),
        (chat(top_p=1.5), "top_p", "Expected a value <= 1"),
        (chat(model="sim-ember", top_p=0.7), "top_p", "Unsupported parameter"),
        (chat(stream_options={"include_usage": True}), "stream_options", "only allowed when 'stream'"),
        (chat(thinking={}), None, "Unrecognized request argument supplied: thinking"),
        (chat(model="sim-ember", max_tokens=10), "max_tokens", "Use 'max_completion_tokens' instead"),
        (chat(model="sim-ember", temperature=0.7), "temperature", "Only the default (1) value"),
        (chat(model="sim-sage"), None, "does not exist"),
    ],
)
def test_chat_completions_refuses(body: dict[str, Any], param: str | None, words: str) -> None:
    error = refused(OpenAIWire(), body)
    assert words in error["message"]
    assert error["param"] == param


def test_chat_completions_takes_what_it_allows() -> None:
    allowed = [
        {"role": "developer", "content": "Be brief."},
        OWN,
        OWN,
        {**USER, "name": "Ada_1"},
        {"role": "user", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "Well?"}]},
        OWN,
    ]
    asked = read(OpenAIWire(), chat(messages=allowed, temperature=0.7, max_tokens=5))
    assert [said.role for said in asked.said][:3] == ["developer", "assistant", "assistant"]
    assert asked.max_tokens == 5


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (responses(input=[]), "input", "must be provided"),
        (responses(input=[{"role": "tool", "content": "x"}]), "input[0].role", "Invalid value: 'tool'"),
        (responses(input=[{**USER, "name": "Ada"}]), "input[0].name", "Unknown parameter: 'input[0].name'"),
        (
            responses(input=[{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]),
            "input[0].content[0]",
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        ),
        (responses(max_output_tokens=15), "max_output_tokens", ">= 16, but got 15"),
        (responses(max_output_tokens=9_999), "max_output_tokens", "<= 2048, but got 9999"),
        (responses(messages=[USER]), "messages", "moved to 'input'"),
        (responses(max_tokens=100), "max_tokens", "moved to 'max_output_tokens'"),
        (responses(seed=1), "seed", "Unknown parameter: 'seed'"),
        (responses(previous_response_id="resp_1"), "previous_response_id", "not found"),
        (responses(model="sim-tide", temperature=0), "temperature", "Only the default (1) value"),
    ],
)
def test_responses_refuses(body: dict[str, Any], param: str, words: str) -> None:
    error = refused(ResponsesWire(), body)
    assert words in error["message"]
    assert error["param"] == param


def test_responses_takes_what_it_allows() -> None:
    asked = read(ResponsesWire(), responses(input=[OWN, USER, USER], instructions="Be brief.", max_output_tokens=16))
    assert [said.role for said in asked.said] == ["system", "assistant", "user", "user"]
    assert read(ResponsesWire(), responses(model="sim-swift", input="tea?")).said[0].text == "tea?"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (messages(messages=[]), "at least one message is required"),
        (messages(messages=[{"role": "system", "content": "x"}]), 'Unexpected role "system"'),
        (messages(messages=[OWN, USER]), 'first message must use the "user" role'),
        (messages(messages=[USER, OWN]), "does not support assistant message prefill"),
        (messages(model="sim-wren", messages=[USER, {**OWN, "content": "It is "}]), "trailing whitespace"),
        (messages(messages=[{"role": "user", "content": ""}]), "must be non-empty"),
        (messages(messages=[{"role": "user", "content": " \n"}]), "must contain non-whitespace text"),
        (messages(messages=[{**USER, "name": "Ada"}]), "messages.0.name: Extra inputs are not permitted"),
        (messages(max_tokens=None), "max_tokens: Field required"),
        (messages(max_tokens=99_999), "maximum allowed number of output tokens"),
        (messages(temperature=1.2), "temperature: range: 0..1"),
        (messages(top_p=1.2), "top_p: range: 0..1"),
        (messages(temperature=1, top_p=1), "cannot both be specified"),
        (messages(seed=1), "seed: Extra inputs are not permitted"),
        (
            messages(
                messages=[
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5,
                    }
                ]
            ),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
    ],
)
def test_messages_refuses(body: dict[str, Any], words: str) -> None:
    assert words in refused(AnthropicWire(), body)["message"]


def test_messages_takes_what_it_allows() -> None:
    asked = read(AnthropicWire(), messages(messages=[USER, USER, OWN, USER], temperature=1))
    assert len(asked.said) == 4
    assert read(AnthropicWire(), messages(model="sim-wren", messages=[USER, OWN])).said[-1].role == "assistant"


def test_cache_marks_are_found_where_they_stand() -> None:
    marked = [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]
    body = messages(system=marked, messages=[USER, OWN, {"role": "user", "content": marked}])
    assert read(AnthropicWire(), body).markers == (0, 3)
    assert read(AnthropicWire(), messages(cache_control={"type": "ephemeral"})).markers == (0,)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (generate(contents=[]), "contents is not specified"),
        (generate(("assistant", "x")), "Please use a valid role: user, model."),
        (generate(("model", "x"), ("user", "y")), "start with a user role"),
        (generate(("user", "x"), ("user", "y")), "alternate between user and model"),
        (generate(("user", "x"), ("model", "y")), "ends with a user role"),
        (generate(("user", "")), "required oneof field 'data' must have one initialized field"),
        (generate(contents=[{"role": "user", "parts": []}]), "contents.parts must not be empty"),
        (generate(systemInstruction={"parts": []}), "contents.parts must not be empty"),
        (generate(stream=True), 'Unknown name "stream"'),
        (generate(generationConfig={"maxTokens": 1}), "Unknown name \"maxTokens\" at 'generation_config'"),
        (generate(generationConfig={"maxOutputTokens": 99_999}), "supported range is from 1 (inclusive) to 8193"),
        (generate(generationConfig={"temperature": 2.5}), "temperature must be in the range [0.0, 2.0]"),
        (generate(generationConfig={"topP": 1.1}), "top_p must be in the range [0.0, 1.0]"),
    ],
)
def test_gemini_refuses(body: dict[str, Any], words: str) -> None:
    error = refused(GeminiWire(), body)
    assert words in error["message"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("call", ["sim-swift:streamGenerateContent", "sim-dune:countTokens", "sim-dune"])
def test_gemini_knows_its_own_models_and_methods_only(call: str) -> None:
    assert refused(GeminiWire(), generate(), call)["status"] == "NOT_FOUND"


def test_gemini_takes_what_it_allows() -> None:
    body = generate(
        ("user", "x"),
        ("model", "y"),
        ("user", "z"),
        systemInstruction={"parts": [{"text": "Be brief."}]},
        generationConfig={"maxOutputTokens": 10, "temperature": 0.7},
    )
    asked = read(GeminiWire(), body)
    assert [said.role for said in asked.said] == ["system", "user", "assistant", "user"]
    assert (asked.stream, asked.max_tokens) == (True, 10)
    assert not read(GeminiWire(), body, "sim-dune:generateContent").stream


@pytest.mark.parametrize(
    ("wire", "body", "call", "words"),
    [
        (OpenAIWire(), chat(model="sim-oak"), "", "maximum context length is 8192 tokens"),
        (OpenAIWire(), chat(model="sim-moth", max_tokens=1_000), "", "(9000 in the messages, 1000 in the completion)"),
        (ResponsesWire(), responses(), "", "Your input exceeds the context window of this model."),
        (AnthropicWire(), messages(model="sim-wren"), "", "prompt is too long: 9000 tokens > 8192 maximum"),
        (
            GeminiWire(),
            generate(),
            "sim-pebble:generateContent",
            "The input token count (9000) exceeds the maximum number of tokens allowed (4096).",
        ),
    ],
)
def test_an_overflow_has_the_providers_own_words(wire: Wire, body: Any, call: str, words: str) -> None:
    asked = read(wire, body, call)
    refusal = wire.overflow(asked, 9_000)
    assert refusal is not None
    assert refusal.status == 400
    assert words in refusal.body["error"]["message"]
    assert wire.overflow(asked, 100) is None


def test_where_answer_and_prompt_share_a_window_both_must_fit() -> None:
    asked = read(OpenAIWire(), chat(model="sim-moth", max_tokens=1_000))
    assert OpenAIWire().overflow(asked, 3_096) is None
    assert OpenAIWire().overflow(asked, 3_097) is not None
    lone = read(OpenAIWire(), chat(model="sim-oak", max_tokens=1_000))
    assert OpenAIWire().overflow(lone, 8_000) is None
