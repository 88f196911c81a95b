"""Watches a room as a client sees it, in every state and not only in the last, and says what was shown wrongly."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from palaver.client import ReplyState, Room
from palaver.simulator.recorder import Record

PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Witness:
    """What one client was shown. `texts` are all texts that a model may legitimately be seen saying, by model."""

    room: Room
    texts: Callable[[str], Iterable[str]]
    wrong: list[str] = field(default_factory=list[str])
    states: int = 0

    async def watch(self) -> None:
        """For ever: each shown text must be the beginning of something that its model said."""
        while True:
            for reply in list(self.room.transcript.replies.values()):
                self._judge(reply)
            self.states += 1
            await self.room.changed()

    def _judge(self, reply: ReplyState) -> None:
        said = self.texts(reply.turn.model)
        if reply.text and not any(text.startswith(reply.text) for text in said):
            self.wrong.append(
                f"{reply.turn.speaker} was shown with {reply.text[-60:]!r} ({len(reply.text)} characters)"
            )


@asynccontextmanager
async def witnessed(room: Room, texts: Callable[[str], Iterable[str]]) -> AsyncGenerator[Witness]:
    """Watch inside the block."""
    witness = Witness(room, texts)
    watching = asyncio.create_task(witness.watch(), name="witness")
    try:
        yield witness
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def until(room: Room, fulfilled: Callable[[Room], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the room shows it. Raises TimeoutError with what it shows instead."""
    try:
        async with asyncio.timeout(seconds):
            while not fulfilled(room):
                await room.changed()
    except TimeoutError as error:
        raise TimeoutError(_portrait(room)) from error


def rounds_ended(count: int) -> Callable[[Room], bool]:
    """For `until`: so many rounds are over."""
    return lambda room: len(room.transcript.ended_rounds) >= count


def shown(room: Room) -> list[tuple[str, list[tuple[str, str]]]]:
    """The conversation as it stands: each message with its answers, as (speaker, text), in their order on the page."""
    messages = sorted(room.transcript.messages.values(), key=lambda m: (m.branch, m.round))
    return [
        (m.content, [(r.turn.speaker, r.text) for r in room.transcript.replies_in(m.branch, m.round)]) for m in messages
    ]


def told(records: Iterable[Record]) -> list[tuple[str, str]]:
    """Model and text of every complete answer that the simulated providers gave, sorted."""
    return sorted((record.model or "", record.text) for record in records if record.completed)


def answered(room: Room) -> list[tuple[str, str]]:
    """Model and text of every reply that the room shows, sorted: to be compared with `told`."""
    return sorted((reply.turn.model, reply.text) for reply in room.transcript.replies.values())


def _portrait(room: Room) -> str:
    transcript = room.transcript
    replies = [(r.turn.round, r.turn.speaker, r.status, r.attempt, len(r.text)) for r in transcript.replies.values()]
    return f"messages {len(transcript.messages)}, ended {sorted(transcript.ended_rounds)}, replies {replies}"
