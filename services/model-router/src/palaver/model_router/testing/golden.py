"""Golden files of what goes to each provider for each shape of a room: written here, compared by a test.

    python -m palaver.model_router.testing.golden services/model-router/tests/golden

writes them all anew; read the difference before it is committed.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from palaver.model_router import catalogue
from palaver.model_router.domain import Key, Model, ProviderCall
from palaver.model_router.providers import anthropic, gemini, openai, openai_responses
from palaver.model_router.testing.rooms import SHAPES

REQUESTS: dict[str, Callable[[ProviderCall], dict[str, Any]]] = {
    "openai": openai.request_of,
    "openai-responses": openai_responses.request_of,
    "anthropic": anthropic.request_of,
    "gemini": gemini.request_of,
}
MAX_TOKENS = 1_000
SECRET = "sk-never-in-a-body"  # noqa: S105 - what must not be found in any file


def models() -> dict[str, Model]:
    """One model of each real provider that has any, by provider: the first one in the catalogue."""
    loaded = catalogue.load().models
    return {model.provider.id: model for model in reversed(loaded) if not model.provider.id.startswith("sim-")}


def bodies(model: Model, participants: int) -> dict[str, dict[str, Any]]:
    """The request's body for each shape of a room of that size, by the shape's name."""
    provider = model.provider
    key = Key(None, provider.id, provider.host, SecretStr(SECRET))
    return {
        shape.name: REQUESTS[provider.protocol](ProviderCall(model, key, shape.window(), MAX_TOKENS))
        for shape in SHAPES
        if shape.participants == participants
    }


def files() -> dict[str, str]:
    """The text of each golden file, by its name."""
    sizes = sorted({shape.participants for shape in SHAPES})
    return {
        f"{provider}.{size}.json": json.dumps(bodies(model, size), indent=1, ensure_ascii=False) + "\n"
        for provider, model in sorted(models().items())
        for size in sizes
    }


def write(folder: Path) -> None:
    """Write all files, and remove what is none of them."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for stale in {path.name for path in folder.glob("*.json")} - wanted.keys():
        (folder / stale).unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
