"""Reading the raw bytes of a provider's stream; its breakdowns in our words."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager

import aiohttp
import httpx2
import msgspec

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.sse import EventReader, EventTooLargeError, ServerEvent

DRAIN_SECONDS = 0.25
"""How long the end of a finished body is waited for, so that its connection can be used again."""

MAX_LIST_BYTES = 8 * 1024**2
"""A list of models. OpenRouter's, the longest that we know, has one."""

TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError)
"""What a connection that breaks raises: the SDKs pass their transport's errors on while a body is read raw."""


def body_of(response: httpx2.Response) -> AsyncIterator[bytes]:
    """A streamed response's body, as the network brings it.

    Where nothing is compressed, the iterators of httpx and of the SDK around it change nothing in a chunk, and each
    passes through three generators more (80 streams of 50 tokens a second: 37 µs of CPU a token with them, 32 without).
    """
    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream) and "content-encoding" not in response.headers:
        return aiter(stream)
    return response.aiter_bytes()


async def all_of(chunks: AsyncIterator[bytes]) -> bytes:
    """A body that is not a stream. Raises ProviderFailed for one that is longer than a list may be."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_LIST_BYTES:
            raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, "list too large")
    return bytes(body)


@contextmanager
def readable() -> Generator[None]:
    """Turns a body that is not what it should be into ProviderFailed."""
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, f"malformed list: {type(error).__name__}") from None


async def progress_of(
    chunks: AsyncIterator[bytes], apply: Callable[[ServerEvent, Progress], bool]
) -> AsyncIterator[Progress]:
    """What each network chunk brought. `apply` writes one event into the progress and returns True for the last one.

    Raises ProviderFailed when the stream breaks, after everything that came before the break.
    """
    reader = EventReader()
    try:
        async for chunk in chunks:
            events = reader.feed(chunk)
            progress = Progress()
            failure, ended = _apply_all(events, progress, apply)
            if events:
                yield progress
            if failure is not None:
                raise failure
            if ended:
                await _drain(chunks)
                return
    except EventTooLargeError:
        raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, "event too large") from None
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, type(error).__name__) from error


def _apply_all(
    events: list[ServerEvent], progress: Progress, apply: Callable[[ServerEvent, Progress], bool]
) -> tuple[ProviderFailed | None, bool]:
    try:
        for event in events:
            if apply(event, progress):
                return None, True
    except ProviderFailed as failure:
        return failure, False
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, f"malformed event: {type(error).__name__}"), False
    return None, False


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, briefly."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in chunks:
                pass
    except (TimeoutError, *TRANSPORT_ERRORS):
        return
