"""One WebSocket of the product as a browser has it: reads every frame, accounts for every token, comes back."""

import asyncio
import os
import random
import socket
import time
from itertools import chain
from typing import Any, NamedTuple

import aiohttp
import msgspec

from palaver.cli.bench.ledger import Ledger, now_us
from palaver.cli.bench.observing import Traffic
from palaver.cli.bench.roles.parts import Pace
from palaver.client.connection import delays
from palaver.contracts.client_protocol import SUBPROTOCOL
from palaver.contracts.ids import new_id

ENDS = ("reply.appended", "turn.failed", "turn.stopped")
OPEN_SECONDS = 30.0
SLOW_PAUSE_SECONDS = 1.0
"""After each frame, which has up to 64 KiB when much waits."""
SLOW_RECEIVE_BYTES = 16 * 1024
"""The kernel keeps little for a slow reader, so that its slowness reaches the server within seconds."""


class _Live(msgspec.Struct):
    turn_id: str
    text: str


class _Event(msgspec.Struct):
    name: str
    seq: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")


class Frame(msgspec.Struct):
    """As much of a server frame as is needed to account for tokens."""

    type: str
    turn_id: str | None = None
    text: str = ""
    name: str = ""
    seq: int = 0
    data: msgspec.Raw = msgspec.Raw(b"null")
    epoch: str = ""
    recovered: bool = False
    head_seq: int = 0
    entries: list[_Event] = []
    live: list[_Live] = []


_decode = msgspec.json.Decoder(list[Frame] | Frame).decode


class ClosedByServer(Exception):  # noqa: N818 - what happened, not an error
    """The connection is over; `code` is WebSocket's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Return(NamedTuple):
    """How a client came back: milliseconds of the attempt that succeeded, and since its connection broke."""

    attach_ms: float
    away_ms: float


class ChatSocket:
    """One client in one room. Answers are `tokens` tokens long."""

    def __init__(self, url: str, token: str, session_id: str, tokens: int, *, pace: Pace = "full") -> None:
        self.session_id = session_id
        self.ledgers: dict[str, Ledger] = {}
        self.traffic = Traffic()
        self.ended: dict[str, msgspec.Raw] = {}
        self.failed = 0
        self.lagging_notices = 0
        self.head_seq = 0
        self.slow_until = 0.0
        self._url = url
        self._token = token
        self._tokens = tokens
        self._pace = pace
        self._epoch = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, http: aiohttp.ClientSession) -> None:
        """Connect, and follow the room from where this client was. Raises ClosedByServer, also for what is refused."""
        self._socket = await http.ws_connect(
            f"{self._url}/ws",
            headers={"Authorization": f"Bearer {self._token}"},
            protocols=(SUBPROTOCOL,),
            max_msg_size=0,
        )
        known = {"after": self.head_seq, "epoch": self._epoch} if self._epoch else {}
        await self._send("attach", **known)
        attached = False
        while not attached:
            for frame in await self._receive():
                attached |= frame.type == "attached"
                self._take(frame)
                if frame.type == "error":
                    await self.close()
                    raise ClosedByServer(0)

    async def come_back(self, http: aiohttp.ClientSession, within_seconds: float | None) -> Return:
        """Connect again, as often as it takes: first within this time, or when the SDK would."""
        broke = time.monotonic()
        first = () if within_seconds is None else (random.uniform(0.0, within_seconds),)  # noqa: S311 - jitter
        pauses = chain(first, delays())
        while True:
            await asyncio.sleep(next(pauses))
            begin = time.monotonic()
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await self.open(http)
            except (aiohttp.ClientError, OSError, TimeoutError, ClosedByServer):
                continue
            now = time.monotonic()
            return Return((now - begin) * 1_000, (now - broke) * 1_000)

    def cut(self) -> None:
        """The connection breaks without a word."""
        known = None if self._socket is None else self._socket.get_extra_info("socket")
        if known is not None:  # what the event loop shows of a socket cannot be shut down itself
            with socket.socket(fileno=os.dup(known.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()

    async def ask(self, question: str) -> None:
        """Post a question."""
        await self._send("post", client_message_id=new_id(), content=question)

    async def stop(self) -> None:
        """Stop whatever runs in the room."""
        await self._send("stop")

    async def read(self, answers: int) -> None:
        """Until so many answers have ended in all. Raises ClosedByServer."""
        while len(self.ended) < answers:
            await self.read_once()
            if self._pace == "slow" and time.monotonic() < self.slow_until:
                await asyncio.sleep(SLOW_PAUSE_SECONDS)

    async def read_once(self) -> None:
        """One WebSocket frame. Raises ClosedByServer."""
        for frame in await self._receive():
            self._take(frame)

    async def _send(self, kind: str, **fields: Any) -> None:
        if self._socket is None:
            raise ClosedByServer(0)
        frame = {"type": kind, "id": new_id(), "session_id": self.session_id, **fields}
        await self._socket.send_str(msgspec.json.encode(frame).decode())

    async def _receive(self) -> list[Frame]:
        if self._socket is None:
            raise ClosedByServer(0)
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ClosedByServer(self._socket.close_code or 0)
        raw: str = message.data
        decoded = _decode(raw)
        frames = [decoded] if isinstance(decoded, Frame) else decoded
        self._count(raw, frames)
        return frames

    def _count(self, raw: str, frames: list[Frame]) -> None:
        self.traffic.frames_received += 1
        size = len(raw) if raw.isascii() else len(raw.encode())
        self.traffic.bytes_received += size
        if all(frame.type == "delta" for frame in frames):
            self.traffic.deltas += len(frames)
            self.traffic.delta_overhead_bytes += size - sum(len(frame.text.encode()) for frame in frames)

    def _take(self, frame: Frame) -> None:
        match frame.type:
            case "delta" if frame.turn_id is not None:
                self._ledger(frame.turn_id).feed(frame.text, now_us())
            case "event":
                self._happened(frame.name, frame.seq, frame.data)
            case "attached":
                self._attached(frame)
            case "notice" if frame.name == "lagging":
                self.lagging_notices += 1
            case "error":
                self.failed += 1
            case _:
                pass

    def _attached(self, frame: Frame) -> None:
        self.failed += bool(self._epoch) and not frame.recovered
        self._epoch = frame.epoch
        for entry in frame.entries:
            self._happened(entry.name, entry.seq, entry.data, missed=True)
        for live in frame.live:
            self._ledger(live.turn_id).catch_up(live.text, now_us())
        self.head_seq = max(self.head_seq, frame.head_seq)

    def _happened(self, name: str, seq: int, data: msgspec.Raw, *, missed: bool = False) -> None:
        """An entry of the log; a reply that was `missed` brings the text that was said meanwhile."""
        self.head_seq = max(self.head_seq, seq)
        if name not in ENDS:
            return
        fields = msgspec.json.decode(data)
        turn_id = str(fields["reply"]["turn_id"] if name == "reply.appended" else fields["turn_id"])
        if turn_id in self.ended:
            return
        self.ended[turn_id] = data
        if name == "reply.appended":
            ledger, text = self._ledger(turn_id), fields["reply"]["text"]
            if missed:
                ledger.catch_up(text, now_us())
            ledger.close(text, now_us())
        self.failed += name == "turn.failed"

    def _ledger(self, turn_id: str) -> Ledger:
        return self.ledgers.setdefault(turn_id, Ledger(self._tokens))


def session(*, source: str | None = None, slow: bool = False) -> aiohttp.ClientSession:
    """Connections from one address; those of slow readers with a small receive buffer."""
    factory = _slow_socket if slow else None
    address = (source, 0) if source else None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, local_addr=address, socket_factory=factory, force_close=True)
    )


def _slow_socket(address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family=address[0], type=address[1], proto=address[2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_RECEIVE_BYTES)
    return made
