"""Our own adapters keep what every adapter keeps; so does an example of a third party's, as its author runs it."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from palaver.model_router.providers.loading import protocols
from palaver.model_router.testing.conformance import UPSTREAM, AdapterConformance

pytestmark = pytest.mark.component

EXAMPLE = Path(__file__).parents[1] / "example_adapter"


def sse(body: Any, event: str = "") -> bytes:
    named = f"event: {event}\n" if event else ""
    return f"{named}data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


class Streamed:
    """What the four formats have in common."""

    content_type = "text/event-stream"

    def opening(self) -> bytes:
        return b""

    def error(self, message: str) -> bytes:
        return json.dumps({"type": "error", "error": {"message": message, "type": "x"}}).encode()

    def models(self) -> bytes:
        return json.dumps({"object": "list", "data": [{"id": UPSTREAM, "object": "model"}], "has_more": False}).encode()

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("authorization", "").removeprefix("Bearer ") or None


class ChatWire(Streamed):
    def text(self, piece: str) -> bytes:
        return sse({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        usage = {"prompt_tokens": tokens_input, "completion_tokens": tokens_output}
        done = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        return sse(done) + sse({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"

    def complaint(self, path: str, body: Any) -> str | None:
        roles = [message["role"] for message in body["messages"]]
        good = path.endswith("/chat/completions") and body["stream"] and roles[0] == "system" and roles[-1] == "user"
        return None if good else f"{path} {roles}"


class ResponsesWire(Streamed):
    def text(self, piece: str) -> bytes:
        return sse({"type": "response.output_text.delta", "delta": piece}, "response.output_text.delta")

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        usage = {"input_tokens": tokens_input, "output_tokens": tokens_output}
        return sse({"type": "response.completed", "response": {"usage": usage}}, "response.completed")

    def complaint(self, path: str, body: Any) -> str | None:
        good = path.endswith("/responses") and body["stream"] and body["input"][-1]["role"] == "user"
        return None if good else path


class AnthropicWire(Streamed):
    def opening(self) -> bytes:
        usage = {"input_tokens": 11, "output_tokens": 1}
        return sse({"type": "message_start", "message": {"usage": usage}}, "message_start")

    def text(self, piece: str) -> bytes:
        delta = {"type": "text_delta", "text": piece}
        return sse({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        usage = {"input_tokens": tokens_input, "output_tokens": tokens_output}
        delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
        return sse(delta, "message_delta") + sse({"type": "message_stop"}, "message_stop")

    def complaint(self, path: str, body: Any) -> str | None:
        roles = {message["role"] for message in body["messages"]}
        return None if path.startswith("/base/v1/messages") and roles <= {"user", "assistant"} else path


class GeminiWire(Streamed):
    def text(self, piece: str) -> bytes:
        return sse({"candidates": [{"content": {"role": "model", "parts": [{"text": piece}]}}]})

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        usage = {"promptTokenCount": tokens_input, "candidatesTokenCount": tokens_output}
        return sse({"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}], "usageMetadata": usage})

    def models(self) -> bytes:
        facts = {"name": f"models/{UPSTREAM}", "supportedGenerationMethods": ["generateContent"]}
        return json.dumps({"models": [facts]}).encode()

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-goog-api-key")

    def complaint(self, path: str, body: Any) -> str | None:
        roles = [content["role"] for content in body["contents"]]
        good = "streamGenerateContent" in path and roles[::2] == ["user"] * len(roles[::2])
        return None if good else f"{path} {roles}"


class TestOpenAIChat(AdapterConformance):
    adapter = protocols()["openai"]
    wire = ChatWire()


class TestOpenAIResponses(AdapterConformance):
    adapter = protocols()["openai-responses"]
    wire = ResponsesWire()


class TestAnthropic(AdapterConformance):
    adapter = protocols()["anthropic"]
    wire = AnthropicWire()


class TestGemini(AdapterConformance):
    adapter = protocols()["gemini"]
    wire = GeminiWire()


async def test_a_third_party_runs_the_suite_over_its_own_package() -> None:
    suite = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=strict"),
        *("-c", os.devnull, "--rootdir", str(EXAMPLE), str(EXAMPLE / "tests")),
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONPATH": str(EXAMPLE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await suite.communicate()
    assert suite.returncode == 0, said.decode()
    assert b"passed" in said
