"""OpenAI Responses, without state at the provider: each request carries its whole conversation, nothing is stored.

The official SDK makes the request and names errors, as for Chat Completions; the stream is read as raw bytes. Event
names and fields are those of `openai.types.responses`.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.openai_client import OpenAIAdapter, in_our_words
from palaver.model_router.providers.streams import body_of, progress_of
from palaver.model_router.sse import ServerEvent

MIN_OUTPUT_TOKENS = 16
"""Fewer are refused: https://github.com/earendil-works/pi/issues/6265"""
_FAILURES: dict[str, ErrorCode] = {
    "rate_limit_exceeded": ErrorCode.PROVIDER_RATE_LIMITED,
    "insufficient_quota": ErrorCode.PROVIDER_QUOTA,
    "context_length_exceeded": ErrorCode.CONTEXT_OVERFLOW,
    "invalid_prompt": ErrorCode.PROVIDER_REFUSED,
    "bio_policy": ErrorCode.PROVIDER_REFUSED,
    "misalignment_policy_violation": ErrorCode.PROVIDER_REFUSED,
}
"""Codes of failures inside a stream; what is not listed (`server_error`, …) is trouble of the provider."""


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None


class _Error(msgspec.Struct):
    code: str | None = None


class _Incomplete(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    usage: _Usage | None = None
    error: _Error | None = None
    incomplete_details: _Incomplete | None = None


class _Event(msgspec.Struct):
    type: str
    delta: Any = None
    response: _Response | None = None
    code: str | None = None


_decode = msgspec.json.Decoder(_Event).decode


def request_of(call: ProviderCall) -> dict[str, Any]:
    """The request's body, apart from `stream`. System text has a field of its own."""
    system = "\n\n".join(message.text for message in call.messages if message.role == "system")
    body: dict[str, Any] = {
        "model": call.model.upstream,
        "input": [
            {"role": message.role, "content": message.text} for message in call.messages if message.role != "system"
        ],
        "max_output_tokens": max(call.max_tokens, MIN_OUTPUT_TOKENS),
        "store": False,
        **call.sampling,
    }
    if system:
        body["instructions"] = system
    return body


def _past_the_transform(body: dict[str, Any]) -> dict[str, Any]:
    """The same request with its messages where the SDK merges them in as they are; see `openai.py`."""
    return {**body, "input": [], "extra_body": {"input": body["input"]}}


class OpenAIResponses(OpenAIAdapter):
    """`ProviderAdapter` of the protocol `openai-responses`."""

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        """See `ProviderAdapter`."""
        client = self.client(call.model.provider, call.key.secret)
        with in_our_words():
            async with client.responses.with_streaming_response.create(
                stream=True, **_past_the_transform(request_of(call))
            ) as response:
                yield progress_of(body_of(response.http_response), apply)


def apply(event: ServerEvent, progress: Progress) -> bool:
    """Write one stream event into the progress; True for the last one. Raises ProviderFailed, msgspec.DecodeError."""
    match _decode(event.data):
        case _Event(type="response.output_text.delta" | "response.refusal.delta", delta=str(text)):
            progress.text += text
        case _Event(type="response.reasoning_summary_text.delta" | "response.reasoning_text.delta", delta=str(thought)):
            progress.reasoning += thought
        case _Event(type="response.completed", response=_Response() as response):
            progress.usage = _report(response.usage)
            progress.finish_reason = "stop"
            return True
        case _Event(type="response.incomplete", response=_Response() as response):
            progress.usage = _report(response.usage)
            reason = response.incomplete_details.reason if response.incomplete_details is not None else None
            if reason == "content_filter":
                raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, "content filter")
            progress.finish_reason = "length"
            return True
        case _Event(type="response.failed", response=_Response() as response):
            progress.usage = _report(response.usage)
            raise _failure(None if response.error is None else response.error.code)
        case _Event(type="error", code=code):
            raise _failure(code)
        case _:
            pass  # boundaries of items and parts: nothing that a reader sees
    return False


def _failure(code: str | None) -> ProviderFailed:
    return ProviderFailed(_FAILURES.get(code or "", ErrorCode.PROVIDER_UNAVAILABLE), f"error event {code or ''}")


def _report(usage: _Usage | None) -> UsageReport | None:
    if usage is None:
        return None
    details = usage.input_tokens_details or _InputDetails()
    return UsageReport(usage.input_tokens, usage.output_tokens, details.cached_tokens, details.cache_write_tokens)
