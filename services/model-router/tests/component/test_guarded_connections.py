"""A connection is looked at when the name has become an address; no redirect takes a key elsewhere."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.domain import Provider
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.loading import LoadedAdapters
from palaver.model_router.providers.network import GuardedResolver, Network

pytestmark = [pytest.mark.component, pytest.mark.attack]

PROTOCOLS = ("openai", "openai-responses", "anthropic", "gemini")
EACH = pytest.mark.parametrize("protocol", PROTOCOLS)
SECRET = SecretStr("sk-of-somebody-1234")


class Nowhere(Addresses):
    """Not even this machine."""

    def allows(self, address: object) -> bool:  # noqa: ARG002 - of whatever
        return False


def provider(protocol: str, base_url: str) -> Provider:
    built_in = next(p for p in catalogue.load().providers if p.protocol == protocol)
    return Provider("ours", "Ours", protocol, base_url, True, built_in.output_limit, True)  # noqa: FBT003


@asynccontextmanager
async def listening(asked: list[web.Request], answer: web.Response) -> AsyncGenerator[BaseTestServer]:
    async def on_request(request: web.Request) -> web.Response:
        asked.append(request)
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", on_request)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


@EACH
async def test_a_name_that_leads_where_providers_may_not_be_is_not_called(protocol: str) -> None:
    asked: list[web.Request] = []
    async with listening(asked, web.json_response({})) as server:
        adapters = LoadedAdapters(Network(connect_seconds=2, addresses=Nowhere()))
        place = provider(protocol, f"http://localhost:{server.port}")
        with pytest.raises(ProviderFailed) as refusal:
            await (await adapters.of(place)).check_key(place, SECRET)
        await adapters.stop()
    assert (refusal.value.code, asked) == (ErrorCode.PROVIDER_UNAVAILABLE, [])


@EACH
async def test_a_trusted_name_is_called_wherever_it_leads(protocol: str) -> None:
    asked: list[web.Request] = []
    async with listening(asked, web.json_response({"data": [], "has_more": False})) as server:
        adapters = LoadedAdapters(Network(connect_seconds=2, addresses=Nowhere(hosts=frozenset({"localhost"}))))
        place = provider(protocol, f"http://localhost:{server.port}")
        await (await adapters.of(place)).check_key(place, SECRET)
        await adapters.stop()
    assert len(asked) == 1


@EACH
async def test_a_redirect_takes_no_key_elsewhere(protocol: str) -> None:
    asked: list[web.Request] = []
    elsewhere: list[web.Request] = []
    async with listening(elsewhere, web.json_response({})) as other:
        moved = web.Response(status=307, headers={"location": str(other.make_url("/"))})
        async with listening(asked, moved) as server:
            adapters = LoadedAdapters(Network(connect_seconds=2, addresses=Addresses()))
            place = provider(protocol, f"http://127.0.0.1:{server.port}")
            with pytest.raises(ProviderFailed):
                await (await adapters.of(place)).check_key(place, SECRET)
            await adapters.stop()
    assert (len(asked), elsewhere) == (1, [])


async def test_only_some_of_a_names_addresses_may_be_left() -> None:
    class OnlyIPv4(Addresses):
        def allows(self, address: object) -> bool:
            return "." in str(address)

    resolver = GuardedResolver(OnlyIPv4())
    found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
    await resolver.close()
    assert {one["host"] for one in found} == {"127.0.0.1"}


async def test_the_guard_is_in_every_session() -> None:
    network = Network(connect_seconds=2, addresses=Nowhere())
    async with network.session() as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError, match="may not be"):
            await session.get("http://localhost:9")
