"""Connections that attach to rooms and stay, doing nothing."""

import asyncio

import aiohttp

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chat_socket import ChatSocket, ClosedByServer, session
from palaver.cli.bench.roles.parts import HolderPart

MAX_ENTERING = 20


async def play() -> None:
    """Run it. Reports how many connections were still open at the end."""
    part = await role.part(HolderPart)
    async with session(source=part.source) as http:
        turn = asyncio.Semaphore(MAX_ENTERING)
        sockets = [
            ChatSocket(part.url, part.token, part.rooms[number % len(part.rooms)], 0)
            for number in range(part.connections)
        ]

        async def enter(chat: ChatSocket) -> None:
            async with turn:
                await chat.open(http)

        await asyncio.gather(*map(enter, sockets))
        await role.cue()
        readers = [asyncio.create_task(_stay(chat)) for chat in sockets]
        await role.curtain()
        role.report(sum(not reader.done() for reader in readers))


async def _stay(chat: ChatSocket) -> None:
    """Heartbeats are answered while somebody reads."""
    while True:
        try:
            await chat.read_once()
        except (ClosedByServer, aiohttp.ClientError):
            return
