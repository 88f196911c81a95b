"""What Ollama tells about its models beside OpenAI's format: how much a model could read, and how much it is given."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import msgspec

from palaver.model_router.domain import Listed, Provider
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import listings
from palaver.model_router.providers.streams import TRANSPORT_ERRORS, all_of, body_of

AT_ONCE = 8
MAX_ASKED = 100
"""Models that are asked about; of any more only the name is known."""


async def asked_at_ollama(http: httpx2.AsyncClient, provider: Provider, listed: Sequence[Listed]) -> Sequence[Listed]:
    """These models with what is known of their windows. A question without an answer leaves it unknown."""
    root = provider.base_url.removesuffix("/v1")
    slots = asyncio.Semaphore(AT_ONCE)
    loaded = await _loaded(http, root)

    async def asked(one: Listed) -> Listed:
        async with slots:
            return replace(one, window=loaded.get(one.upstream), longest_window=await _longest(http, root, one))

    return [*await asyncio.gather(*map(asked, listed[:MAX_ASKED])), *listed[MAX_ASKED:]]


async def _loaded(http: httpx2.AsyncClient, root: str) -> dict[str, int]:
    body = await _body(http, "GET", f"{root}/api/ps")
    try:
        return listings.loaded_of_ollama(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


async def _longest(http: httpx2.AsyncClient, root: str, one: Listed) -> int | None:
    body = await _body(http, "POST", f"{root}/api/show", json={"model": one.upstream})
    try:
        return listings.longest_of_ollama(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def _body(http: httpx2.AsyncClient, method: str, url: str, **what: Any) -> bytes:
    try:
        async with http.stream(method, url, **what) as response:
            return await all_of(body_of(response)) if response.is_success else b""
    except (ProviderFailed, *TRANSPORT_ERRORS):
        return b""
