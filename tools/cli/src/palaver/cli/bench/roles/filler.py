"""Talks in one room until it is long."""

import msgspec

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chat_socket import ChatSocket, session
from palaver.cli.bench.roles.parts import Filled, FillerPart
from palaver.contracts.ids import new_id

MANY_TOKENS = 10_000


class _Place(msgspec.Struct):
    branch: str
    round: int


async def play() -> None:
    """Run it."""
    part = await role.part(FillerPart)
    async with session() as http:
        chat = ChatSocket(part.url, part.token, part.session_id, MANY_TOKENS)
        await chat.open(http)
        await role.until(await role.cue())
        for number in range(part.rounds):
            await chat.ask(f"{part.question} {new_id()}")
            await chat.read(part.seats * (number + 1))
        place = msgspec.json.decode(list(chat.ended.values())[-1], type=_Place)
        role.report(Filled(chat.head_seq, place.branch, place.round + 1))
        await role.curtain()
        await chat.close()
