"""The readers of a measured pipeline: one WebSocket for each stream."""

import asyncio

import aiohttp
import msgspec

from palaver.cli.bench.ledger import Ledger, now_us
from palaver.cli.bench.observing import Traffic, observed
from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.parts import Heard, PipelineClientPart

GRACE_SECONDS = 10.0


class _Delta(msgspec.Struct):
    text: str


async def play() -> None:
    """Run it."""
    part = await role.part(PipelineClientPart)
    load = part.load
    decode = msgspec.json.Decoder(_Delta).decode
    ledgers = [Ledger(load.tokens) for _ in range(load.streams)]
    traffic = Traffic()

    async def read(socket: aiohttp.ClientWebSocketResponse, ledger: Ledger) -> None:
        while not ledger.complete:
            raw = await socket.receive_str()
            text = decode(raw).text
            traffic.bytes_received += len(raw)
            traffic.frames_received += 1
            traffic.deltas += 1
            traffic.delta_overhead_bytes += len(raw) - len(text)
            ledger.feed(text, now_us())

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        sockets = [
            await http.ws_connect(f"http://127.0.0.1:{part.port}/{stream}", max_msg_size=0)
            for stream in range(load.streams)
        ]
        begin = await role.cue()
        readers = [asyncio.create_task(read(*pair)) for pair in zip(sockets, ledgers, strict=True)]
        _, late = await asyncio.wait(readers, timeout=load.ramp_seconds + load.seconds + GRACE_SECONDS)
        for task in late:
            task.cancel()
        start, end = (int((begin + moment) * 1e6) for moment in load.measured)
        asked = [(ledger, int((begin + load.starts_at(i)) * 1e6)) for i, ledger in enumerate(ledgers)]
        role.report(Heard(observed(asked, (start, end), traffic=traffic)))
        await role.curtain()
        for socket in sockets:
            await socket.close()
