"""The HTTP client that the official SDKs are given: their own transport over aiohttp, on our connections."""

import httpx2
from openai import DefaultAioHttpClient
from openai._vendor.httpx_aiohttp import AiohttpTransport  # both SDKs ship it, neither under a public name

from palaver.model_router.providers.network import Network


def sdk_client(network: Network) -> httpx2.AsyncClient:
    """Without redirects: a key is good at its provider's host only."""
    return DefaultAioHttpClient(
        transport=AiohttpTransport(verify=network.tls, client=network.session),
        timeout=network.timeout,
        follow_redirects=False,
    )
