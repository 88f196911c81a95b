"""OpenAI Chat Completions, as spoken by OpenAI and many others.

The official SDK makes the request, authenticates and names errors; the stream is read as raw bytes (28 µs a token
against 119 with the SDK's models, same transport).
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.openai_client import OpenAIAdapter, in_our_words
from palaver.model_router.providers.streams import body_of, progress_of
from palaver.model_router.sse import ServerEvent

_DONE = b"[DONE]"


class _Delta(msgspec.Struct):
    """`reasoning_content` is what DeepSeek, Qwen, Kimi, vLLM and llama.cpp say before they answer; `reasoning` is
    OpenRouter's, Groq's and Ollama's word for it."""

    content: Any = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Thought(msgspec.Struct):
    text: str = ""


class _Part(msgspec.Struct):
    """Mistral's reasoning models send content as parts: https://docs.mistral.ai/capabilities/reasoning"""

    text: str = ""
    thinking: list[_Thought] = []


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _CachedTokens(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct):
    """`prompt_cache_hit_tokens` is DeepSeek's field, beside OpenAI's."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _CachedTokens | None = None
    prompt_cache_hit_tokens: int | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


def request_of(call: ProviderCall) -> dict[str, Any]:
    """The request's body, apart from `stream`."""
    provider = call.model.provider
    system_role = call.model.grammar.system_role
    body: dict[str, Any] = {
        "model": call.model.upstream,
        "messages": [
            {"role": system_role if message.role == "system" else message.role, "content": message.text}
            for message in call.messages
        ],
        provider.output_limit: call.max_tokens,
        **call.sampling,
    }
    if provider.reports_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def _past_the_transform(body: dict[str, Any]) -> dict[str, Any]:
    """The same request with its messages where the SDK merges them in as they are.

    As an argument each message is matched against every type of the format: 80 ms of event loop for 250 messages,
    in which every other stream of this worker would stand still.
    """
    return {**body, "messages": [], "extra_body": {"messages": body["messages"]}}


class OpenAIChat(OpenAIAdapter):
    """`ProviderAdapter` of the protocol `openai`."""

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        """See `ProviderAdapter`."""
        client = self.client(call.model.provider, call.key.secret)
        with in_our_words():
            async with client.chat.completions.with_streaming_response.create(
                stream=True, **_past_the_transform(request_of(call))
            ) as response:
                yield progress_of(body_of(response.http_response), apply)


def apply(event: ServerEvent, progress: Progress) -> bool:
    """Write one stream event into the progress; True for the last one. Raises ProviderFailed, msgspec.DecodeError."""
    if event.data == _DONE:
        return True
    chunk = _decode(event.data)
    if chunk.error is not None:
        raise ProviderFailed(ErrorCode.PROVIDER_UNAVAILABLE, "error event")
    for choice in chunk.choices or ():
        if choice.delta is not None:
            _add(choice.delta, progress)
        if choice.finish_reason is not None:
            progress.finish_reason = _finish(choice.finish_reason)
    if chunk.usage is not None:
        progress.usage = _report(chunk.usage)
    return False


def _add(delta: _Delta, progress: Progress) -> None:
    if isinstance(delta.content, str):
        progress.text += delta.content
    elif isinstance(delta.content, list):
        _add_parts(msgspec.convert(delta.content, list[_Part]), progress)
    if delta.refusal:
        progress.text += delta.refusal  # what the model says instead of an answer
    progress.reasoning += delta.reasoning_content or delta.reasoning or ""


def _add_parts(parts: list[_Part], progress: Progress) -> None:
    for part in parts:
        progress.text += part.text
        progress.reasoning += "".join(thought.text for thought in part.thinking)


def _report(usage: _Usage) -> UsageReport:
    details = usage.prompt_tokens_details or _CachedTokens()
    cached = usage.prompt_cache_hit_tokens if details.cached_tokens is None else details.cached_tokens
    return UsageReport(usage.prompt_tokens, usage.completion_tokens, cached, details.cache_write_tokens)


def _finish(reason: str) -> Literal["stop", "length"]:
    if reason == "content_filter":
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, "content filter")
    return "length" if reason == "length" else "stop"
