"""OpenAI Chat Completions, as spoken by OpenAI and many others.

The official SDK makes the request, authenticates and names errors; the stream is read as raw bytes (28 µs a token
against 119 with the SDK's models, same transport).
"""

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import httpx2
import msgspec
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress, Provider, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.statuses import failure_of
from palaver.model_router.providers.streams import TRANSPORT_ERRORS, progress_of
from palaver.model_router.sse import ServerEvent

_DONE = b"[DONE]"


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _CachedTokens(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _CachedTokens | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


def request_of(call: ProviderCall) -> dict[str, Any]:
    """The request's body, apart from `stream`."""
    provider = call.model.provider
    body: dict[str, Any] = {
        "model": call.model.upstream,
        "messages": [{"role": message.role, "content": message.text} for message in call.messages],
        provider.output_limit: call.max_tokens,
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


class OpenAIChat:
    """`ProviderAdapter` of the protocol `openai`. Connections are shared by all providers and keys."""

    def __init__(self, *, connect_seconds: float) -> None:
        # Our own limits on first token, gaps and the whole turn are tighter and know more than a read timeout.
        timeout = httpx2.Timeout(None, connect=connect_seconds)
        self._http = DefaultAioHttpClient(timeout=timeout)
        self._timeout = timeout

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        """See `ProviderAdapter`."""
        client = self._client(call.model.provider, call.key.secret)
        with _in_our_words():
            async with client.chat.completions.with_streaming_response.create(
                stream=True, **_past_the_transform(request_of(call))
            ) as response:
                yield progress_of(response.iter_bytes(), apply)

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        """See `ProviderAdapter`: lists the models."""
        with _in_our_words():
            await self._client(provider, secret).models.list()

    def _client(self, provider: Provider, secret: SecretStr) -> AsyncOpenAI:
        # A client costs 30 µs and holds nothing but the key; retries are ours to decide.
        return AsyncOpenAI(
            api_key=secret.get_secret_value(),
            base_url=provider.base_url,
            http_client=self._http,
            timeout=self._timeout,
            max_retries=0,
        )


def apply(event: ServerEvent, progress: Progress) -> bool:
    """Write one stream event into the progress; True for the last one. Raises ProviderFailed, msgspec.DecodeError."""
    if event.data == _DONE:
        return True
    chunk = _decode(event.data)
    if chunk.error is not None:
        raise ProviderFailed(ErrorCode.PROVIDER_UNAVAILABLE, "error event")
    for choice in chunk.choices or ():
        if choice.delta is not None and choice.delta.content:
            progress.text += choice.delta.content
        if choice.finish_reason is not None:
            progress.finish_reason = _finish(choice.finish_reason)
    if chunk.usage is not None:
        details = chunk.usage.prompt_tokens_details
        progress.usage = UsageReport(
            chunk.usage.prompt_tokens,
            chunk.usage.completion_tokens,
            None if details is None else details.cached_tokens,
        )
    return False


def _finish(reason: str) -> Literal["stop", "length"]:
    if reason == "content_filter":
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, "content filter")
    return "length" if reason == "length" else "stop"


@contextmanager
def _in_our_words() -> Generator[None, None, None]:
    try:
        yield
    except openai.APIStatusError as error:
        raise failure_of(error.status_code, error.code, error.message, error.response.headers) from None
    except openai.APIConnectionError as error:
        cause = type(error.__cause__).__name__
        raise ProviderFailed(ErrorCode.PROVIDER_UNAVAILABLE, f"no connection: {cause}", refused=True) from None
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(ErrorCode.PROVIDER_UNAVAILABLE, type(error).__name__, refused=True) from None
    except openai.OpenAIError as error:
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, type(error).__name__) from None
