"""Time to the first token, of the product and of a direct call, by turns so that both meet the same machine."""

import asyncio
import time

import aiohttp

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chat_socket import ChatSocket, session
from palaver.cli.bench.roles.chunks import ChunkReader
from palaver.cli.bench.roles.parts import AskerPart, FirstTokens
from palaver.contracts.ids import new_id

ANSWER_TOKENS = 3


async def play() -> None:
    """Run it."""
    part = await role.part(AskerPart)
    told = FirstTokens([], [], [])
    async with session() as http, aiohttp.ClientSession() as provider:
        rooms = [ChatSocket(part.url, part.token, room, ANSWER_TOKENS) for room in part.rooms]
        for chat in rooms:
            await chat.open(http)
        begin = await role.cue()
        await role.until(begin)
        for number in range(part.samples):
            if time.monotonic() > begin + part.for_seconds:
                break
            told.direct_ms.append(await _direct(provider, part))
            first, last = await _asked(rooms[number % len(rooms)], part)
            told.first_ms.append(first)
            told.last_ms.append(last)
            await asyncio.sleep(part.pause_seconds)
        role.report(told)
        await role.curtain()
        for chat in rooms:
            await chat.close()


async def _direct(http: aiohttp.ClientSession, part: AskerPart) -> float:
    question = {"role": "user", "content": f"{part.question} {new_id()}"}
    body = {"model": part.model, "messages": [question], "stream": True}
    reader, first = ChunkReader(), 0.0
    begin = time.monotonic()
    headers = {"authorization": "Bearer bench"}
    async with http.post(f"{part.provider_url}/chat/completions", json=body, headers=headers) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_any():
            if reader.feed(chunk) and not first:
                first = time.monotonic()
    return (first - begin) * 1_000


async def _asked(chat: ChatSocket, part: AskerPart) -> tuple[float, float]:
    """Milliseconds to the first token of the first and of the last model."""
    before = set(chat.ledgers)
    answers = len(chat.ended) + part.seats
    begin = time.monotonic()
    await chat.ask(f"{part.question} {new_id()}")
    await chat.read(answers)
    firsts = [
        ledger.first_at_us / 1_000 - begin * 1_000
        for turn, ledger in chat.ledgers.items()
        if turn not in before and ledger.first_at_us is not None
    ]
    return min(firsts, default=float("inf")), max(firsts, default=float("inf"))
