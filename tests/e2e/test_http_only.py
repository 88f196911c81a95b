"""The SDK behind a proxy that knows no WebSocket: what it shows, says and stops is the same."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import Failure, Palaver, ReplyState, Room
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import SessionId, new_id
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import UserMessage
from palaver.simulator.faults import Script

pytestmark = pytest.mark.e2e

SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in ("Swift", "Sage", "Oak"))
WORDS, CUTS = 200, 4
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def proxy(to_port: int) -> AsyncGenerator[str]:
    """Passes everything on but what asks for an upgrade."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"upgrade: websocket" in head.lower():
                with closing(writer):
                    writer.write(REFUSAL)
                    await writer.drain()
                return
            back, forth = await asyncio.open_connection("127.0.0.1", to_port)
            forth.write(head)
            await asyncio.gather(pipe(reader, forth), pipe(back, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def text_of(name: str) -> str:
    return "".join(f"{name}-{n} " for n in range(WORDS)) + "— 完 \u2028 👋"


@asynccontextmanager
async def person_behind(stack: Stack) -> AsyncGenerator[Palaver]:
    async with proxy(stack.wiring.settings.port) as url, await stack.person(url=url) as palaver:
        yield palaver


async def test_answers_are_whole_however_often_the_streams_break(stack: Stack) -> None:
    for seat in SEATS:
        script = Script(model=seat.model or "", text=text_of(seat.name or ""), tokens_per_second=150)
        stack.simulator.stage.scripts.arm(script)
    async with person_behind(stack) as ada:
        room = await ada.create_room(SEATS)
        entries = asyncio.create_task(places_of(room))
        message = await room.post("Go")
        seen: dict[str, str] = {}
        cut_at = [WORDS * 4 * n for n in range(1, CUTS + 1)]
        async for _ in room.progress(message.branch, message.round):
            for reply in room.transcript.replies_in(message.branch, message.round):
                assert text_of(reply.turn.speaker).startswith(reply.text)
                assert reply.text.startswith(seen.get(reply.turn.speaker, ""))
                seen[reply.turn.speaker] = reply.text
            if cut_at and sum(map(len, seen.values())) > cut_at[0]:
                cut_at.pop(0)
                ada.cut()
        assert not cut_at
        done = room.transcript.replies_in(message.branch, message.round)
        assert {reply.turn.speaker: reply.text for reply in done} == {n: text_of(n) for n in ("Swift", "Sage", "Oak")}
        heard = await entries
        assert heard == list(range(heard[0], heard[0] + len(heard)))


async def places_of(room: Room) -> list[int]:
    """Of log entries, as a reader of events sees them, to the end of the round."""
    heard: list[int] = []
    async for event in room.events():
        heard.append(event.seq)
        if event.name == "round.ended":
            break
    return heard


async def test_one_answer_is_stopped_and_then_all(stack: Stack) -> None:
    for seat in SEATS:
        stack.simulator.stage.scripts.arm(Script(model=seat.model or "", text="word " * 5_000, tokens_per_second=50))
    async with person_behind(stack) as ada:
        room = await ada.create_room(SEATS)
        first, second, third = await all_speaking(room, await room.post("Go"))
        assert await room.stop(turn_id=first.turn.turn_id)
        assert (await room.finished(first)).status == "stopped"
        assert not room.transcript.replies[second.turn.turn_id].ended
        assert await room.stop()
        assert {(await room.finished(reply)).status for reply in (second, third)} == {"stopped"}


async def all_speaking(room: Room, message: UserMessage) -> list[ReplyState]:
    """The answers, once each has some text."""
    while True:
        replies = room.transcript.replies_in(message.branch, message.round)
        if len(replies) == len(SEATS) and all(reply.text for reply in replies):
            return replies
        await room.changed()


async def test_what_is_refused_is_refused_as_ever(stack: Stack) -> None:
    async with person_behind(stack) as ada:
        with pytest.raises(Failure) as unknown:
            await ada.room(SessionId(new_id()))
        assert unknown.value.body.code is ErrorCode.SESSION_NOT_FOUND
        room = await ada.create_room(SEATS)
        with pytest.raises(Failure) as empty:
            await room.post("   ")
        assert empty.value.body.code is ErrorCode.VALIDATION_FAILED
