"""Asks, waits until the answer runs, stops it; in several rooms at once."""

import asyncio
import time

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chat_socket import ChatSocket, session
from palaver.cli.bench.roles.parts import StopperPart, StopSent
from palaver.contracts.ids import new_id


async def play() -> None:
    """Run it. A room's next question waits for its last answer's end."""
    part = await role.part(StopperPart)
    sent: list[StopSent] = []
    async with session() as http:
        rooms = [ChatSocket(part.url, part.token, room, 0) for room in part.rooms]
        for chat in rooms:
            await chat.open(http)
        begin = await role.cue()

        async def stop_often(number: int, chat: ChatSocket) -> None:
            await role.until(begin + part.after_seconds * number / len(rooms))
            for _ in range(part.samples // len(rooms)):
                question, begun, ended = new_id(), len(chat.ledgers), len(chat.ended)
                await chat.ask(f"{part.question} {question}")
                while len(chat.ledgers) == begun:
                    await chat.read_once()
                reading = asyncio.create_task(chat.read(ended + 1))
                await asyncio.sleep(part.after_seconds)
                sent.append(StopSent(question, time.time()))
                await chat.stop()
                await reading

        await asyncio.gather(*(stop_often(*pair) for pair in enumerate(rooms)))
        role.report(sent)
        await role.curtain()
        for chat in rooms:
            await chat.close()
