"""The readers of a measured pipeline: one WebSocket for each stream."""

import asyncio

import aiohttp
import msgspec

from palaver.cli.bench import role
from palaver.cli.bench.ledger import Ledger, now_us, observed
from palaver.cli.bench.parts import PipelineClientPart
from palaver.contracts.deltas import DeltaFrame

GRACE_SECONDS = 10.0


async def play() -> None:
    """Run it."""
    part = await role.part(PipelineClientPart)
    load = part.load
    decode = msgspec.json.Decoder(DeltaFrame).decode
    ledgers = [Ledger(load.tokens) for _ in range(load.streams)]
    received = frames = 0

    async def read(socket: aiohttp.ClientWebSocketResponse, ledger: Ledger) -> None:
        nonlocal received, frames
        while not ledger.complete:
            raw = await socket.receive_str()
            received += len(raw)
            frames += 1
            ledger.feed(decode(raw).text, now_us())

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
        measured = tuple(int((begin + moment) * 1e6) for moment in load.measured)
        asked = [(ledger, int((begin + load.starts_at(i)) * 1e6)) for i, ledger in enumerate(ledgers)]
        role.report(observed(asked, (measured[0], measured[1]), bytes_received=received, frames_received=frames))
        await role.curtain()
        for socket in sockets:
            await socket.close()
