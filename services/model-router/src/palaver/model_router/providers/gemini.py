"""Google Gemini, the native `generateContent` format of the Gemini API (`v1beta`).

Request and stream are made by hand over aiohttp: the official SDK offers no raw stream, and would add a second HTTP
stack and 0.7 s of import for one POST. The key travels in a header, never in the URL, where logs would show it.
Fields: https://ai.google.dev/api/generate-content
"""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal
from urllib.parse import quote

import aiohttp
import msgspec
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Listed, Progress, Provider, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import listings
from palaver.model_router.providers.network import Network
from palaver.model_router.providers.statuses import failure_of
from palaver.model_router.providers.streams import TRANSPORT_ERRORS, all_of, progress_of, readable
from palaver.model_router.sse import ServerEvent

MAX_ERROR_BYTES = 64 * 1024
"""What is read of an error's body."""
_ROLES = {"user": "user", "assistant": "model"}
_SAMPLING = {"temperature": "temperature", "top_p": "topP"}
_OK = 200
_MOST = 1_000
"""Models in one page, at most."""
_STATUSES: dict[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
}
"""HTTP status by name (google.rpc.Code), for an error inside a stream; others are trouble of the provider."""


class _Part(msgspec.Struct):
    text: str | None = None
    thought: bool = False


class _Content(msgspec.Struct):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct):
    content: _Content | None = None
    finish_reason: str | None = msgspec.field(default=None, name="finishReason")


class _Usage(msgspec.Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Detail(msgspec.Struct, rename="camel"):
    """One of `ErrorInfo` (`reason`) and `RetryInfo` (`retryDelay`, e.g. "32s")."""

    reason: str | None = None
    retry_delay: str | None = None


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    details: list[_Detail] = []


class _Chunk(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] = []
    usage_metadata: _Usage | None = None
    prompt_feedback: _Feedback | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


def request_of(call: ProviderCall) -> dict[str, Any]:
    """The request's body; the model is named in the URL."""
    system = "\n\n".join(message.text for message in call.messages if message.role == "system")
    body: dict[str, Any] = {
        "contents": [
            {"role": _ROLES[message.role], "parts": [{"text": message.text}]}
            for message in call.messages
            if message.role != "system"
        ],
        "generationConfig": {"maxOutputTokens": call.max_tokens}
        | {_SAMPLING[name]: value for name, value in call.sampling.items()},
    }
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    return body


class Gemini:
    """`ProviderAdapter` of the protocol `gemini`. Connections are shared by all keys."""

    def __init__(self, network: Network) -> None:
        self._http = network.session()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        """See `ProviderAdapter`."""
        provider = call.model.provider
        url = f"{provider.base_url}/models/{quote(call.model.upstream)}:streamGenerateContent?alt=sse"
        with _in_our_words():
            async with self._http.post(
                url,
                data=msgspec.json.encode(request_of(call)),
                headers={**_headers(call.key.secret), "content-type": "application/json"},
                allow_redirects=False,  # the key is good at this host only
            ) as response:
                await _accepted(response)
                yield progress_of(response.content.iter_any(), apply)

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        """See `ProviderAdapter`: lists one model."""
        with _in_our_words():
            async with self._http.get(
                f"{provider.base_url}/models?pageSize=1", headers=_headers(secret), allow_redirects=False
            ) as response:
                await _accepted(response)

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        """See `ProviderAdapter`."""
        with _in_our_words(), readable():
            async with self._http.get(
                f"{provider.base_url}/models?pageSize={_MOST}", headers=_headers(secret), allow_redirects=False
            ) as response:
                await _accepted(response)
                return listings.of_gemini(await all_of(response.content.iter_any()))


def _headers(secret: SecretStr) -> Mapping[str, str]:
    return {"x-goog-api-key": secret.get_secret_value()}


def apply(event: ServerEvent, progress: Progress) -> bool:
    """Write one stream event into the progress. No event says that it is the last: the body ends after it.

    Raises ProviderFailed, msgspec.DecodeError.
    """
    chunk = _decode(event.data)
    if chunk.usage_metadata is not None:
        progress.usage = _report(chunk.usage_metadata)
    if chunk.error is not None:
        failure = _failure(_STATUSES.get(chunk.error.status, 500), chunk.error, {})
        failure.refused = False  # it had begun to work
        raise failure
    if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason is not None:
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, f"prompt blocked: {chunk.prompt_feedback.block_reason}")
    for candidate in chunk.candidates:
        for part in candidate.content.parts if candidate.content is not None else ():
            if part.thought:
                progress.reasoning += part.text or ""
            else:
                progress.text += part.text or ""
        if candidate.finish_reason is not None:
            progress.finish_reason = _finish(candidate.finish_reason)
    return False


def _report(usage: _Usage) -> UsageReport:
    """Thoughts are paid for as output: https://ai.google.dev/gemini-api/docs/thinking#pricing"""
    spoken, thought = usage.candidates_token_count, usage.thoughts_token_count
    tokens_output = None if spoken is None and thought is None else (spoken or 0) + (thought or 0)
    return UsageReport(usage.prompt_token_count, tokens_output, usage.cached_content_token_count)


def _finish(reason: str) -> Literal["stop", "length"]:
    """All reasons but two mean that the answer was held back: SAFETY, RECITATION, PROHIBITED_CONTENT, …"""
    if reason == "STOP":
        return "stop"
    if reason == "MAX_TOKENS":
        return "length"
    raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, reason)


async def _accepted(response: aiohttp.ClientResponse) -> None:
    """Raises ProviderFailed for a status other than 200."""
    if response.status == _OK:
        return
    raw = await response.content.read(MAX_ERROR_BYTES)
    raise _failure(response.status, _error_of(raw), response.headers)


def _error_of(raw: bytes) -> _Error:
    """The error in a body: an object, or an array of one. An unreadable body says nothing."""
    try:
        chunk = msgspec.json.decode(raw, type=_Chunk | list[_Chunk])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Error()
    first = chunk if isinstance(chunk, _Chunk) else next(iter(chunk), _Chunk())
    return first.error or _Error()


def _failure(status: int, error: _Error, headers: Mapping[str, str]) -> ProviderFailed:
    reason = next((detail.reason for detail in error.details if detail.reason), None)
    failure = failure_of(status, reason or error.status, error.message, headers)
    if failure.retry_after_seconds is None:
        failure.retry_after_seconds = _delay(error)
    return failure


def _delay(error: _Error) -> float | None:
    delay = next((detail.retry_delay for detail in error.details if detail.retry_delay), "")
    try:
        return float(delay.removesuffix("s"))
    except ValueError:
        return None


@contextmanager
def _in_our_words() -> Generator[None, None, None]:
    try:
        yield
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(
            ErrorCode.PROVIDER_UNAVAILABLE, type(error).__name__, refused=True, fault="unreachable"
        ) from None
