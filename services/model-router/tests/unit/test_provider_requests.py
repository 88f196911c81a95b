"""What goes to a provider: compared with files that a person has read, and with the types of the official SDKs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import SecretStr, TypeAdapter

from palaver.contracts.model_router import Grammar, WindowMessage
from palaver.model_router import catalogue
from palaver.model_router.domain import Key, ProviderCall
from palaver.model_router.testing import golden
from palaver.model_router.testing.rooms import SHAPES

FOLDER = Path(__file__).parents[1] / "golden"
TYPES: dict[str, Any] = {
    "openai": CompletionCreateParamsStreaming,
    "openai-responses": ResponseCreateParamsStreaming,
    "anthropic": MessageCreateParamsStreaming,
}


def call(model_id: str, *messages: tuple[str, str], max_tokens: int = 100, **facts: Any) -> ProviderCall:
    model = catalogue.load().model(model_id)
    for name, value in facts.items():
        object.__setattr__(model, name, value)
    key = Key(None, model.provider.id, model.provider.host, SecretStr("sk-x"))
    window = tuple(WindowMessage.model_validate({"role": role, "text": text}) for role, text in messages)
    return ProviderCall(model, key, window, max_tokens)


def plain(value: Any) -> Any:
    """What a validated request holds: types made of iterables are only checked when they are read."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(item) for item in cast("Iterable[Any]", value)]
    return value


def test_every_request_is_the_one_that_was_agreed_on() -> None:
    agreed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert agreed == golden.files(), "python -m palaver.model_router.testing.golden services/model-router/tests/golden"


def test_no_request_shows_the_key() -> None:
    assert golden.SECRET not in "".join(golden.files().values())


@pytest.mark.parametrize("provider", [p for p, m in golden.models().items() if m.provider.protocol in TYPES])
def test_every_request_is_of_the_official_sdks_type_and_has_nothing_beyond_it(provider: str) -> None:
    model = golden.models()[provider]
    adapter = TypeAdapter[Any](TYPES[model.provider.protocol])
    for size in (1, 2, 3, 5):
        for body in golden.bodies(model, size).values():
            whole = {**body, "stream": True}
            assert plain(adapter.validate_python(whole)) == whole


def test_the_sdks_type_finds_what_does_not_belong() -> None:
    adapter = TypeAdapter[Any](CompletionCreateParamsStreaming)
    body = {"model": "m", "messages": [{"role": "user", "content": "x", "color": "red"}], "stream": True}
    assert plain(adapter.validate_python(body)) != body


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.participants}.{s.name}")
def test_a_rooms_window_ends_with_the_user_and_roles_alternate(shape: Any) -> None:
    roles = [message.role for message in shape.window() if message.role != "system"]
    assert roles[0] == roles[-1] == "user"
    assert all(one != other for one, other in pairwise(roles))


def test_marks_stand_behind_the_system_prompt_and_the_last_message_only() -> None:
    long = "a" * 1_024
    asked = call("claude-sonnet-4-5", ("system", "s"), ("user", long), ("assistant", "b"), ("user", "c"))
    body = golden.REQUESTS["anthropic"](asked)
    mark = {"cache_control": {"type": "ephemeral"}}
    assert body["system"] == [{"type": "text", "text": "s", **mark}]
    assert [m["content"] for m in body["messages"]] == [long, "b", [{"type": "text", "text": "c", **mark}]]
    whole = {**body, "stream": True}
    assert plain(TypeAdapter[Any](TYPES["anthropic"]).validate_python(whole)) == whole


def test_in_a_room_a_mark_stands_behind_the_last_message_that_stays() -> None:
    said = (("system", "s"), ("user", "a" * 1_024), ("assistant", "b"), ("user", "c"))
    body = golden.REQUESTS["anthropic"](replace(call("claude-sonnet-4-5", *said), stable=3))
    assert [isinstance(m["content"], list) for m in body["messages"]] == [False, True, True]
    only_the_prompt_stays = golden.REQUESTS["anthropic"](replace(call("claude-sonnet-4-5", *said), stable=1))
    assert [isinstance(m["content"], list) for m in only_the_prompt_stays["messages"]] == [False, False, True]


def test_a_prompt_that_is_too_short_to_be_cached_has_no_marks() -> None:
    body = golden.REQUESTS["anthropic"](call("claude-sonnet-4-5", ("system", "s"), ("user", "a")))
    assert (body["system"], body["messages"]) == ("s", [{"role": "user", "content": "a"}])


def test_system_text_has_the_role_that_the_grammar_names() -> None:
    asked = call("deepseek-flash", ("system", "s"), ("user", "a"), grammar=Grammar(system_role="developer"))
    assert [m["role"] for m in golden.REQUESTS["openai"](asked)["messages"]] == ["developer", "user"]


def test_responses_are_never_shorter_than_the_provider_allows() -> None:
    body = golden.REQUESTS["openai-responses"](call("gpt-5", ("user", "a"), max_tokens=1))
    assert body["max_output_tokens"] == 16
    assert body["store"] is False
