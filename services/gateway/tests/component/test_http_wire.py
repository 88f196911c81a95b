"""The sending half of a request on uvicorn's protocol class: fails if an upgrade moves what it leans on."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest

from palaver.gateway.edge import WIRE, Edge
from palaver.gateway.realtime.ports import HttpWire

pytestmark = [pytest.mark.component, pytest.mark.attack]

PATIENCE_SECONDS = 10.0
CHUNK = b"x" * 60_000
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Served:
    """An edge whose application begins a response, hands its wire to the test and ends when it is told."""

    def __init__(self) -> None:
        self.wires: asyncio.Queue[HttpWire] = asyncio.Queue()
        self.end = asyncio.Event()

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await self.wires.put(cast("HttpWire", scope["extensions"][WIRE]))
            await self.end.wait()
            await send({"type": "http.response.body", "body": b"end", "more_body": False})

        self.edge = Edge(
            app,
            host="127.0.0.1",
            port=0,
            max_frame_bytes=1_000_000,
            heartbeat_seconds=30,
            silence_seconds=300,
            close_seconds=0.3,
        )

    async def client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One with a small receive buffer, after the head of its answer."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.edge.port))
        reader, writer = await asyncio.open_connection(sock=made, limit=4_096)
        writer.write(GET)
        assert b"transfer-encoding: chunked" in await reader.readuntil(b"\r\n\r\n")
        return reader, writer


@asynccontextmanager
async def served() -> AsyncGenerator[Served]:
    made = Served()
    await made.edge.start()
    try:
        yield made
    finally:
        made.end.set()
        await made.edge.stop()


async def fill(wire: HttpWire) -> int:
    """Write until the wire is full; how many chunks that took."""
    sent = 0
    while wire.is_writable:
        wire.write(CHUNK)
        sent += 1
        await asyncio.sleep(0)
    return sent


async def test_what_is_written_arrives_as_chunks_before_the_responses_own_end() -> None:
    async with served() as edge:
        reader, writer = await edge.client()
        wire = await edge.wires.get()
        wire.write("hällo".encode())
        assert await reader.readexactly(11) == "6\r\nhällo\r\n".encode()
        edge.end.set()
        assert await reader.readexactly(13) == b"3\r\nend\r\n0\r\n\r\n"
        writer.close()


async def test_a_full_socket_says_so_and_calls_back_when_it_has_drained() -> None:
    async with served() as edge:
        reader, writer = await edge.client()
        wire = await edge.wires.get()
        drained = asyncio.Event()
        wire.on_writable = drained.set
        sent = await fill(wire)
        assert wire.buffered_bytes > 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.readexactly(sent * len(CHUNK))
            await drained.wait()
        assert wire.is_writable
        writer.close()


async def test_a_client_that_goes_is_told_and_nothing_is_written_any_more() -> None:
    async with served() as edge:
        _, writer = await edge.client()
        wire = await edge.wires.get()
        lost = asyncio.Event()
        wire.on_lost = lost.set
        writer.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await lost.wait()
        wire.write(b"nobody")
        assert not wire.is_writable


async def test_a_client_that_reads_nothing_can_be_cut() -> None:
    async with served() as edge:
        _, writer = await edge.client()
        wire = await edge.wires.get()
        await fill(wire)
        lost = asyncio.Event()
        wire.on_lost = lost.set
        wire.abort()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await lost.wait()
        writer.close()


async def test_a_server_that_stops_tells_the_request_under_way_and_no_released_one() -> None:
    async with served() as edge:
        kept, released = await edge.client(), await edge.client()
        first, second = await edge.wires.get(), await edge.wires.get()
        told: list[str] = []
        first.on_stopping = lambda: (told.append("first"), edge.end.set())[0]
        second.on_stopping = lambda: told.append("second")
        second.release()
        assert not first.is_stopping
        await edge.edge.stop()
        assert (told, first.is_stopping) == (["first"], True)
        for _, writer in (kept, released):
            writer.close()


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nAuthorization: Bearer ", b"GET /?q=", b"\r\n"])
async def test_a_head_without_an_end_is_refused_and_its_connection_let_go(start: bytes) -> None:
    async with served() as made, asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", made.edge.port)
        filler = (b"\r\n" if start == b"\r\n" else b"AA") * 8_192
        writer.write(start)
        sent = 0
        with suppress(ConnectionError):
            while not reader.at_eof() and sent < 100:
                writer.write(filler)
                await writer.drain()
                await asyncio.sleep(0)
                sent += 1
            answer = await reader.read()
            assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
        writer.close()
    assert sent < 100


async def test_many_requests_on_one_connection_are_no_long_head() -> None:
    async with served() as made, asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", made.edge.port)
        made.end.set()
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\nX: " + b"A" * 30_000 + b"\r\n\r\n"
        for _ in range(5):
            writer.write(head + b"B" * 30_000)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"0\r\n\r\n")
        writer.close()
