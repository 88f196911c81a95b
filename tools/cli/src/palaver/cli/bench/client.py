"""The product's clients: WebSockets as a browser has them, reading every frame."""

import asyncio
import time
from typing import Any

import aiohttp
import msgspec

from palaver.cli.bench import role
from palaver.cli.bench.ledger import Ledger, now_us, observed
from palaver.cli.bench.load import Load
from palaver.cli.bench.parts import ClientPart, Reader, StopSent
from palaver.contracts.client_protocol import SUBPROTOCOL
from palaver.contracts.ids import new_id

GRACE_SECONDS = 20.0
ENDS = ("reply.appended", "turn.failed", "turn.stopped")


class _Frame(msgspec.Struct):
    """As much of a server frame as is needed to account for tokens."""

    type: str
    turn_id: str | None = None
    text: str = ""
    name: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


_decode = msgspec.json.Decoder(list[_Frame] | _Frame).decode


class _Client:
    """One WebSocket in one room."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, reader: Reader, load: Load) -> None:
        self.reader = reader
        self.ledgers: dict[str, Ledger] = {}
        self.bytes = 0
        self.frames = 0
        self.failed = 0
        self.ended = 0
        self.asked_us = 0
        self._socket = socket
        self._load = load

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a request for the room."""
        frame = {"type": kind, "id": new_id(), "session_id": self.reader.session_id, **fields}
        await self._socket.send_str(msgspec.json.encode(frame).decode())

    async def attach(self) -> None:
        """Follow the room."""
        await self.send("attach")
        while not any(frame.type == "attached" for frame in await self._receive()):
            pass

    async def ask(self) -> None:
        """Post the question. The room's id is in it, so that the provider's record tells whose stream it was."""
        await self.send("post", client_message_id=new_id(), content=self.reader.session_id)

    async def read(self, seats: int) -> None:
        """Until the answers of all seats have ended."""
        while self.ended < seats:
            for frame in await self._receive():
                if frame.type == "delta" and frame.turn_id is not None:
                    self._ledger(frame.turn_id).feed(frame.text, now_us())
                elif frame.type == "error":
                    self.failed += 1
                elif frame.type == "event" and frame.name in ENDS:
                    self._end(frame)

    async def _receive(self) -> list[_Frame]:
        raw = await self._socket.receive_str()
        self.bytes += len(raw)
        frames = _decode(raw)
        self.frames += 1
        return [frames] if isinstance(frames, _Frame) else frames

    def _ledger(self, turn_id: str) -> Ledger:
        return self.ledgers.setdefault(turn_id, Ledger(self._load.tokens))

    def _end(self, frame: _Frame) -> None:
        self.ended += 1
        data = msgspec.json.decode(frame.data)
        if frame.name == "reply.appended":
            reply = data["reply"]
            self._ledger(reply["turn_id"]).close(reply["text"])
        elif frame.name == "turn.failed":
            self.failed += 1


async def play() -> None:
    """Run it."""
    part = await role.part(ClientPart)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        clients = [await _enter(http, part, reader) for reader in part.readers]
        begin = await role.cue()
        if not part.idle:
            await _converse(part, clients, begin)
        await role.curtain()


async def _enter(http: aiohttp.ClientSession, part: ClientPart, reader: Reader) -> _Client:
    socket = await http.ws_connect(
        f"{part.url}/ws",
        headers={"Authorization": f"Bearer {part.token}"},
        protocols=(SUBPROTOCOL,),
        max_msg_size=0,
    )
    client = _Client(socket, reader, part.load)
    await client.attach()
    return client


async def _converse(part: ClientPart, clients: list[_Client], begin: float) -> None:
    load = part.load
    stops: list[StopSent] = []

    async def speak(client: _Client, number: int) -> None:
        await role.until(begin + load.starts_at(number))
        await client.ask()
        if part.stop_after_seconds is not None:
            await asyncio.sleep(part.stop_after_seconds)
            stops.append(StopSent(client.reader.session_id, time.time()))
            await client.send("stop")

    asking = [client for client in clients if client.reader.asks]
    started_at = {client.reader.session_id: begin + load.starts_at(n) for n, client in enumerate(asking)}
    speaking = [asyncio.create_task(speak(client, number)) for number, client in enumerate(asking)]
    reading = [asyncio.create_task(client.read(part.seats)) for client in clients]
    _, late = await asyncio.wait([*speaking, *reading], timeout=load.ramp_seconds + load.seconds + GRACE_SECONDS)
    for task in late:
        task.cancel()
    if part.stop_after_seconds is not None:
        role.report(stops)
        return
    measured = tuple(int((begin + moment) * 1e6) for moment in load.measured)
    missing = sum(part.seats - len(client.ledgers) for client in clients)
    role.report(
        observed(
            [(ledger, int(started_at[c.reader.session_id] * 1e6)) for c in clients for ledger in c.ledgers.values()],
            (measured[0], measured[1]),
            failed=missing + sum(client.failed for client in clients),
            bytes_received=sum(client.bytes for client in clients),
            frames_received=sum(client.frames for client in clients),
        )
    )
