"""Reading the raw bytes of a provider's stream as events; its breakdowns in our words."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import httpx2

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.sse import EventReader, EventTooLargeError, ServerEvent

DRAIN_SECONDS = 0.25
"""How long the end of a finished body is waited for, so that its connection can be used again."""

TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError)
"""What a connection that breaks raises: the SDKs pass their transport's errors on while a body is read raw."""


async def events_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[ServerEvent]]:
    """The events of each network chunk, together. Raises ProviderFailed(PROVIDER_STREAM_BROKEN)."""
    reader = EventReader()
    try:
        async for chunk in chunks:
            events = reader.feed(chunk)
            if events:
                yield events
    except EventTooLargeError:
        raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, "event too large") from None
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, type(error).__name__) from error


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Read what follows the last event, briefly."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in chunks:
                pass
    except (TimeoutError, *TRANSPORT_ERRORS):
        return


def malformed(error: Exception) -> ProviderFailed:
    """An event that is not what the protocol says."""
    return ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, f"malformed event: {type(error).__name__}")


def ended_early() -> ProviderFailed:
    """The stream ended without saying so."""
    return ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, "no end of answer")
