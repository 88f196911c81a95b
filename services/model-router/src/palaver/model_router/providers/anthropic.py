"""Anthropic Messages. Imported when first used: the SDK takes more than a second to load.

As with OpenAI's protocol, the official SDK makes the request and names errors, and the stream is read as raw bytes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import anthropic
import msgspec
from anthropic import AsyncAnthropic
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Listed, Progress, Provider, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import listings
from palaver.model_router.providers.network import Network
from palaver.model_router.providers.sdk_client import sdk_client
from palaver.model_router.providers.statuses import failure_of
from palaver.model_router.providers.streams import TRANSPORT_ERRORS, all_of, body_of, progress_of, readable
from palaver.model_router.sse import ServerEvent

_ERRORS: dict[str, ErrorCode] = {
    "rate_limit_error": ErrorCode.PROVIDER_RATE_LIMITED,
    "authentication_error": ErrorCode.KEY_INVALID,
    "billing_error": ErrorCode.PROVIDER_QUOTA,
    "invalid_request_error": ErrorCode.PROVIDER_REFUSED,
    "permission_error": ErrorCode.PROVIDER_REFUSED,
    "not_found_error": ErrorCode.MODEL_NOT_FOUND,
}
"""Error events inside a stream; what is not listed (`overloaded_error`, `api_error`, …) is trouble of the provider."""
_MOST = 1_000
"""Models in one page, at most."""
_LENGTH_REASONS = frozenset({"max_tokens", "model_context_window_exceeded"})


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Message(msgspec.Struct):
    usage: _Usage | None = None


class _Delta(msgspec.Struct):
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None


class _Error(msgspec.Struct):
    type: str = ""


class _Event(msgspec.Struct):
    type: str
    message: _Message | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Event).decode


def request_of(call: ProviderCall) -> dict[str, Any]:
    """The request's body, apart from `stream`. System text has a field of its own.

    Where the model's provider caches up to marks, one stands behind the system prompt, one behind the last message that
    stays as it is in the next request of a room, where the words of others are added to the newest one, and one behind
    the newest, for a chat with one model. A prompt with fewer characters than the least number of tokens is too short
    to be kept.
    https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """
    system = "\n\n".join(message.text for message in call.messages if message.role == "system")
    body: dict[str, Any] = {
        "model": call.model.upstream,
        "max_tokens": call.max_tokens,
        "messages": [
            {"role": message.role, "content": message.text} for message in call.messages if message.role != "system"
        ],
        **call.sampling,
    }
    if system:
        body["system"] = system
    cache, length = call.model.cache, sum(len(message.text) for message in call.messages)
    if cache.kind == "markers" and length >= cache.min_tokens:
        stable = sum(message.role != "system" for message in call.messages[: call.stable])
        _mark(body, {stable, len(body["messages"])})
    return body


def _past_the_types(body: dict[str, Any]) -> dict[str, Any]:
    """The same request for the SDK, whose types know no sampling any more, since the newest models refuse it."""
    extra = {name: body[name] for name in ("temperature", "top_p") if name in body}
    known = {name: value for name, value in body.items() if name not in extra}
    return {**known, "extra_body": extra} if extra else known


def _mark(body: dict[str, Any], ends: set[int]) -> None:
    """Marks behind so many messages. An empty text cannot carry one, so there is none behind it."""
    if "system" in body:
        body["system"] = _marked(body["system"])
    for message in (body["messages"][end - 1] for end in ends if end > 0):
        if message["content"]:
            message["content"] = _marked(message["content"])


def _marked(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]


class AnthropicMessages:
    """`ProviderAdapter` of the protocol `anthropic`. Connections are shared by all keys."""

    def __init__(self, network: Network) -> None:
        self._http = sdk_client(network)
        self._timeout = network.timeout

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        """See `ProviderAdapter`."""
        client = self._client(call.model.provider, call.key.secret)
        with _in_our_words():
            async with client.messages.with_streaming_response.create(
                stream=True, **_past_the_types(request_of(call))
            ) as response:
                yield progress_of(body_of(response.http_response), apply)

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        """See `ProviderAdapter`: lists one model."""
        with _in_our_words():
            await self._client(provider, secret).models.list(limit=1)

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        """See `ProviderAdapter`."""
        with _in_our_words(), readable():
            models = self._client(provider, secret).models
            async with models.with_streaming_response.list(limit=_MOST) as response:
                return listings.of_anthropic(await all_of(body_of(response.http_response)))

    def _client(self, provider: Provider, secret: SecretStr) -> AsyncAnthropic:
        return AsyncAnthropic(
            api_key=secret.get_secret_value(),
            base_url=provider.base_url,
            http_client=self._http,
            timeout=self._timeout,
            max_retries=0,
        )


def apply(event: ServerEvent, progress: Progress) -> bool:
    """Write one stream event into the progress; True for the last one. Raises ProviderFailed, msgspec.DecodeError."""
    match _decode(event.data):
        case _Event(type="content_block_delta", delta=_Delta(type="text_delta", text=str(text))):
            progress.text += text
        case _Event(type="content_block_delta", delta=_Delta(type="thinking_delta", thinking=str(thought))):
            progress.reasoning += thought
        case _Event(type="message_start", message=_Message(usage=_Usage() as usage)):
            progress.usage = _report(usage)
        case _Event(type="message_delta", delta=delta, usage=usage):
            if usage is not None:
                later = _later(usage)
                progress.usage = later if progress.usage is None else progress.usage.updated(later)
            if delta is not None and delta.stop_reason is not None:
                progress.finish_reason = _finish(delta.stop_reason)
        case _Event(type="message_stop"):
            return True
        case _Event(type="error", error=error):
            kind = "" if error is None else error.type
            raise ProviderFailed(_ERRORS.get(kind, ErrorCode.PROVIDER_UNAVAILABLE), f"error event {kind}")
        case _:
            pass  # pings, block boundaries, signatures: nothing that a reader sees
    return False


def _report(usage: _Usage) -> UsageReport:
    if usage.input_tokens is None:
        return UsageReport(None, usage.output_tokens)
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return UsageReport(usage.input_tokens + cached + written, usage.output_tokens, cached, written)


def _later(usage: _Usage) -> UsageReport:
    """`input_tokens` leaves out what the cache read and wrote, so alone it says nothing new."""
    if usage.cache_read_input_tokens is None and usage.cache_creation_input_tokens is None:
        return UsageReport(None, usage.output_tokens)
    return _report(usage)


def _finish(reason: str) -> Literal["stop", "length"]:
    if reason == "refusal":
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, "refusal")
    return "length" if reason in _LENGTH_REASONS else "stop"


@contextmanager
def _in_our_words() -> Generator[None, None, None]:
    try:
        yield
    except anthropic.APIStatusError as error:
        raise failure_of(error.status_code, error.type, error.message, error.response.headers) from None
    except anthropic.APIConnectionError as error:
        cause = type(error.__cause__).__name__
        raise ProviderFailed(
            ErrorCode.PROVIDER_UNAVAILABLE, f"no connection: {cause}", refused=True, fault="unreachable"
        ) from None
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(
            ErrorCode.PROVIDER_UNAVAILABLE, type(error).__name__, refused=True, fault="unreachable"
        ) from None
    except anthropic.AnthropicError as error:
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, type(error).__name__) from None
