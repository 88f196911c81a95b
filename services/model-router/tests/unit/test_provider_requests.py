"""What goes to a provider, compared with files that a person has read. Delete a file to have it written anew."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from palaver.contracts.context import WindowMessage
from palaver.model_router import catalogue
from palaver.model_router.domain import Key, ProviderCall
from palaver.model_router.providers import anthropic, openai

GOLDEN = Path(__file__).parent / "golden"
SHAPES = {
    "first-question": (
        WindowMessage(role="system", text="You are Ada."),
        WindowMessage(role="user", text="<<< User (person) >>>\nIs tea good?"),
    ),
    "room-of-three": (
        WindowMessage(role="system", text="You are Ada."),
        WindowMessage(role="user", text="<<< User (person) >>>\nIs tea good? 茶?"),
        WindowMessage(role="assistant", text="It is."),
        WindowMessage(role="user", text="<<< Bob (model) >>>\nIt depends.\n\n<<< User (person) >>>\nOn what?"),
    ),
    "no-system-prompt": (WindowMessage(role="user", text="hello"),),
}
READERS = {"openai": openai.request_of, "anthropic": anthropic.request_of}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("model_id", ["gpt-5", "claude-sonnet-4-5", "mistral-large-latest", "deepseek-chat"])
def test_the_request_is_the_one_that_was_agreed_on(model_id: str, shape: str) -> None:
    model = catalogue.load().model(model_id)
    key = Key(None, model.provider.id, model.provider.host, SecretStr("sk-never-in-a-body"))
    body = READERS[model.provider.protocol](ProviderCall(model, key, SHAPES[shape], 1_000))
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    assert "sk-never" not in text
    path = GOLDEN / f"{model_id}.{shape}.json"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was written; read it and run again")
    assert text == path.read_text(encoding="utf-8")
