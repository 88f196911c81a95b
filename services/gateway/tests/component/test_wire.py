"""The sending half of a WebSocket on uvicorn's protocol class: fails if an upgrade moves what it leans on."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from palaver.gateway.edge import WIRE, Edge, WireProtocol
from palaver.gateway.realtime.ports import Wire

pytestmark = [pytest.mark.component, pytest.mark.attack]

PATIENCE_SECONDS = 10.0
FRAME = b"x" * 60_000


@dataclass
class Served:
    """An edge whose application hands its wires to the test."""

    edge: Edge = field(init=False)
    wires: asyncio.Queue[Wire] = field(default_factory=asyncio.Queue[Wire])
    ended: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue[dict[str, Any]])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.edge.port}/ws"


@asynccontextmanager
async def served(**options: Any) -> AsyncGenerator[Served]:
    queues = Served()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await queues.wires.put(scope["extensions"][WIRE])
        while (message := await receive())["type"] != "websocket.disconnect":
            pass
        await queues.ended.put(message)

    settings: dict[str, Any] = {"heartbeat_seconds": 30, "silence_seconds": 300, "close_seconds": 0.3, **options}
    edge = Edge(app, host="127.0.0.1", port=0, max_frame_bytes=1_000_000, **settings)
    queues.edge = edge
    await edge.start()
    try:
        yield queues
    finally:
        await edge.stop()


async def stuck_client(edge: Edge) -> Any:
    """A client that reads nothing after the handshake."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", edge.port))
    return await websockets.connect(
        f"ws://127.0.0.1:{edge.port}/ws", sock=made, max_queue=1, ping_interval=None, max_size=None, close_timeout=0.1
    )


async def until_closed(client: Any) -> AsyncGenerator[str]:
    try:
        while True:
            yield await client.recv()
    except ConnectionClosed:
        return


async def fill(wire: Wire) -> int:
    """Send until the wire is full; how many frames that took."""
    sent = 0
    while wire.is_writable:
        wire.send_frames((FRAME,))
        sent += 1
        await asyncio.sleep(0)
    return sent


async def test_what_is_sent_arrives_as_text_and_many_objects_as_an_array() -> None:
    async with served() as edge, websockets.connect(edge.url) as client:
        wire = await edge.wires.get()
        wire.send_frames(("hällo".encode(),))
        assert await client.recv() == "hällo"
        wire.send_frames((b'{"seq":1}', b'{"seq":2}'))
        assert await client.recv() == '[{"seq":1},{"seq":2}]'
        assert wire.buffered_bytes == 0


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
async def test_frames_of_every_length_arrive_whole_and_one_after_the_other(length: int) -> None:
    async with served() as edge, websockets.connect(edge.url, max_size=None) as client:
        wire = await edge.wires.get()
        wire.send_frames((b"x" * length,))
        wire.send_frames((b"the next one",))
        assert await client.recv() == "x" * length
        assert await client.recv() == "the next one"


async def test_small_frames_leave_at_once_and_are_not_gathered_by_the_kernel() -> None:
    async with served() as edge, websockets.connect(edge.url):
        wire = cast("WireProtocol", await edge.wires.get())
        made: socket.socket = wire.transport.get_extra_info("socket")
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_full_socket_says_so_and_calls_back_when_it_has_drained() -> None:
    async with served() as edge:
        client = await stuck_client(edge.edge)
        wire = await edge.wires.get()
        drained = asyncio.Event()
        wire.on_writable = drained.set
        sent = await fill(wire)
        assert wire.buffered_bytes > 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(sent):
                await client.recv()
            await drained.wait()
        assert wire.is_writable
        await client.close()


async def test_a_client_that_reads_nothing_is_cut_soon_after_the_close() -> None:
    async with served() as edge:
        client = await stuck_client(edge.edge)
        wire = await edge.wires.get()
        await fill(wire)
        wire.close(4008, "too slow")
        assert not wire.is_writable
        assert (await edge.ended.get())["code"] == 4008
        async with asyncio.timeout(PATIENCE_SECONDS):
            while wire.buffered_bytes:  # noqa: ASYNC110 - a test waits for a plain number
                await asyncio.sleep(0.01)
        assert [frame async for frame in until_closed(client)]


async def test_a_client_that_reads_gets_the_code_and_reason() -> None:
    async with served() as edge, websockets.connect(edge.url) as client:
        wire = await edge.wires.get()
        wire.send_frames((b"last",))
        wire.close(4001, "bye")
        wire.close(4002, "twice")
        wire.send_frames((b"never",))
        assert await client.recv() == "last"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "bye")


async def test_a_wire_whose_client_has_gone_is_silent() -> None:
    async with served() as edge:
        async with websockets.connect(edge.url) as client:
            wire = await edge.wires.get()
            await client.close()
        await edge.ended.get()
        wire.send_frames((b"nobody",))
        wire.close(4001)
        assert not wire.is_writable


async def test_silence_ends_a_connection_and_pongs_keep_it() -> None:
    async with served(heartbeat_seconds=0.1, silence_seconds=0.3) as edge, websockets.connect(edge.url) as lively:
        await edge.wires.get()
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.edge.port)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        writer.write(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await edge.wires.get()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await edge.ended.get())["type"] == "websocket.disconnect"
            await reader.read()
        writer.close()
        assert (await lively.ping()) is not None
        assert edge.ended.empty()


async def test_stopping_tells_everybody_to_come_back() -> None:
    async with served() as edge:
        client = await websockets.connect(edge.url)
        await edge.wires.get()
    with pytest.raises(ConnectionClosed):
        await client.recv()
    assert client.close_code == 1012


async def test_a_taken_port_is_an_error_at_once() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async with served() as edge:
        second = Edge(
            app,
            host="127.0.0.1",
            port=edge.edge.port,
            max_frame_bytes=1,
            heartbeat_seconds=30,
            silence_seconds=300,
            close_seconds=1,
        )
        with pytest.raises(OSError, match="in use"):
            await second.start()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/ws", {"Authorization": "Bearer " + "A" * 20_000}, 431),
        ("/ws", {f"X-{number}": "x" for number in range(200)}, 431),
        ("/ws?ticket=" + "A" * 20_000, {}, 414),
    ],
    ids=["a long header", "many headers", "a long query"],
)
async def test_a_handshake_that_cannot_be_read_is_refused_and_its_connection_let_go(
    path: str, headers: dict[str, str], status: int
) -> None:
    handshake = {"Host": "x", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**handshake, **headers}.items())]
    async with served() as queues, asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", queues.edge.port)
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.read()  # until the server closes
        writer.close()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
