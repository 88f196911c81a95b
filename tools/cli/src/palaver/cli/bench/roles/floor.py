"""The floor: the provider's streams read by aiohttp and msgspec, and nothing done with them."""

import aiohttp

from palaver.cli.bench.ledger import Ledger, now_us
from palaver.cli.bench.observing import observed
from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chunks import ChunkReader
from palaver.cli.bench.roles.parts import FloorPart, Heard
from palaver.cli.bench.roles.streaming import all_streams, question


async def play() -> None:
    """Run it. Tokens are accounted for at the end, so that this costs the floor nothing."""
    part = await role.part(FloorPart)
    load = part.load
    heard: list[list[tuple[str, int]]] = [[] for _ in range(load.streams)]
    asked = [0] * load.streams

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def stream(number: int) -> None:
            asked[number] = now_us()
            reader, mine = ChunkReader(), heard[number]
            body = {**question(part.model), "stream": True}
            headers = {"authorization": "Bearer bench"}
            async with http.post(f"{part.provider_url}/chat/completions", json=body, headers=headers) as response:
                response.raise_for_status()
                async for chunk in response.content.iter_any():
                    mine.extend((text, now_us()) for text in reader.feed(chunk))

        await all_streams(load, stream)
    ledgers = [Ledger(load.tokens) for _ in heard]
    for ledger, texts in zip(ledgers, heard, strict=True):
        for text, at_us in texts:
            ledger.feed(text, at_us)
    begin = min(asked) / 1e6
    start, end = (int((begin + moment) * 1e6) for moment in load.measured)
    role.report(Heard(observed(zip(ledgers, asked, strict=True), (start, end))))
    await role.curtain()
