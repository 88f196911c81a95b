"""A gateway that is killed takes nobody's places with it: what its connections counted for is free again."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import websockets

from palaver.cli.services import load
from palaver.cli.testing.stack import Stack
from palaver.cli.up.processes import ModuleProcess, Probe
from palaver.cli.up.wiring import as_environment
from palaver.servicekit.embedded import LOOPBACK, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.fault]

LEASE_SECONDS = 4.5
AT_LEAST_SECONDS = 1.0
"""It renewed its lease a third of that ago at the latest, give or take a busy machine."""
FEW = {"max_connections_per_user": 2, "connection_lease_seconds": LEASE_SECONDS}
PATIENCE_SECONDS = 20.0
PROTOCOL = websockets.Subprotocol("palaver.v1")


@asynccontextmanager
async def in_a_process_of_its_own(stack: Stack) -> AsyncGenerator[tuple[ModuleProcess, str]]:
    """One more gateway, and where it is."""
    port, health = free_port(), free_port()
    changes = {"port": port, "realtime": FEW, "health": {"host": LOOPBACK, "port": health}}
    settings = as_environment("gateway", {**stack.wiring.values(load("gateway")), **changes})
    process = ModuleProcess("gateway", settings, Probe(health, "/readyz"), stack.home)
    await process.start()
    try:
        yield process, f"http://{LOOPBACK}:{port}"
    finally:
        await process.stop()


@asynccontextmanager
async def connected(url: str, token: str) -> AsyncGenerator[dict[str, Any]]:
    """An open connection's first frame: a welcome, or why there is none."""
    headers = {"Authorization": f"Bearer {token}"}
    address = url.replace("http", "ws", 1) + "/ws"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol("palaver.v1")], additional_headers=headers
    ) as socket:
        first: dict[str, Any] = json.loads(await socket.recv())
        yield first


@pytest.mark.parametrize("stack", [{"overrides": {"gateway": {"realtime": FEW}}}], indirect=True)
async def test_the_connections_of_a_killed_gateway_count_until_its_lease_ends_and_no_longer(stack: Stack):
    async with (
        await stack.person() as ada,
        in_a_process_of_its_own(stack) as (doomed, there),
        AsyncExitStack() as open_ones,
    ):
        token = await ada.rest.access_token()
        for _ in range(2):
            assert (await open_ones.enter_async_context(connected(there, token)))["type"] == "welcome"
        async with connected(stack.url, token) as refused:
            assert refused["code"] == "TOO_MANY_CONNECTIONS"
        killed = time.monotonic()
        os.kill(doomed.pid, signal.SIGKILL)
        await doomed.wait()
        async with asyncio.timeout(PATIENCE_SECONDS):
            first: dict[str, Any] = {}
            while first.get("type") != "welcome":
                async with connected(stack.url, token) as first:
                    pass
                await asyncio.sleep(0.1)
        assert time.monotonic() - killed >= AT_LEAST_SECONDS, "they were counted, not lost, while it might have lived"
        async with connected(stack.url, token) as one, connected(stack.url, token) as two:
            assert (one["type"], two["type"]) == ("welcome", "welcome")
            async with connected(stack.url, token) as third:
                assert third["code"] == "TOO_MANY_CONNECTIONS"
