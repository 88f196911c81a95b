"""A client that reads slowly costs bounded memory and still gets the whole text; one that does not read is cut."""

import asyncio
import contextlib
import socket
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.component

CHUNK = "x" * 8_000


def narrow() -> socket.socket:
    """A socket with a small receive buffer, so that the gateway's side fills quickly."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return made


async def connected_narrowly(served: Any) -> socket.socket:
    made = narrow()
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", served.port))
    return made


async def test_a_slow_reader_is_told_and_then_gets_the_whole_text(gateway_for: Any, room: Any, worker: Any) -> None:
    async with gateway_for(realtime={"max_queue_bytes": 20_000}) as served:
        made = await connected_narrowly(served)
        async with served.welcomed(sock=made, max_queue=1) as client:
            await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
            turn = room.turn()
            await room.request(turn, worker.id)
            text = ""
            for number in range(500):
                worker.hold(turn, text + CHUNK)
                await room.delta(turn, len(text), CHUNK)
                text += CHUNK
                if number % 50 == 0:
                    await room.neighbours.broker.ping()
            await room.neighbours.broker.ping()
            lagging = await client.until(name="lagging")
            shown = ""
            while shown != text:
                delta = await client.until(type="delta")
                if delta["offset"] <= len(shown):
                    shown = shown[: delta["offset"]] + delta["text"]
        assert lagging["data"]["dropped_bytes"] > 0


async def test_a_client_that_stops_reading_is_cut(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"max_queue_bytes": 50_000, "stall_seconds": 0.5, "close_seconds": 0.5}) as served:
        made = await connected_narrowly(served)
        async with served.welcomed(sock=made, max_queue=1, ping_interval=None, close_timeout=1) as client:
            await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
            turn = room.turn()
            await room.request(turn)
            sent = 0
            async with served.http() as http:  # until the kernel's buffers are full too
                while (await http.get("/ws/status")).json()["data"]["connections"]:
                    for _ in range(50):
                        await room.delta(turn, sent, CHUNK)
                        sent += len(CHUNK)
                    await room.neighbours.broker.ping()
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await client.socket.recv()
