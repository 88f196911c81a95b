"""A device of a person: the SDK as it is, with a note of every state that it shows."""

import asyncio
import time
from typing import Any

from faultlab.journal import Attached as AttachedSeen
from faultlab.journal import EntryRead, LastSight, Piece, Reader, Seen, Shown
from palaver.client import Failure, Palaver, Room
from palaver.contracts.client_protocol import Accepted, Ack, Attached, ClientRequest, Delta, Welcome
from palaver.contracts.ids import SessionId

TRY_AGAIN_SECONDS = 0.5


class Device(Palaver):
    """Follows one room and writes down, after each frame, what changed on the screen."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url)
        self.name = name
        self.accepted: set[str] = set()
        self.acknowledged: set[str] = set()
        self.seen: list[Seen] = []
        self._connection_number = 0
        self._latest: dict[str, tuple[int, str, str]] = {}
        self._read_up_to = 0
        self._followed: Room | None = None

    @property
    def followed(self) -> Room:
        """The room, once it is followed."""
        if self._followed is None:
            raise RuntimeError(f"{self.name} follows no room yet")
        return self._followed

    @property
    def follows(self) -> bool:
        """Whether the room has been attached."""
        return self._followed is not None

    async def follow(self, session_id: str) -> None:
        """Attach, however often it takes: gateways may be down. A refusal that lasts is raised by the deadline."""
        while True:
            try:
                self._followed = await self.room(SessionId(session_id))
            except Failure as failure:
                if not failure.body.retryable:
                    raise
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            else:
                return

    async def send(self, frame: ClientRequest) -> bool:
        """Say it once, whatever becomes of it; False without a connection."""
        return await self._send(frame)

    async def _take(self, frame: Any) -> None:
        if isinstance(frame, Welcome):
            self._connection_number += 1
        elif isinstance(frame, Accepted):
            self.accepted.add(frame.client_message_id)
        elif isinstance(frame, Ack) and frame.id is not None:
            self.acknowledged.add(frame.id)
        elif isinstance(frame, Attached):
            texts = tuple((live.turn_id, live.attempt, len(live.text)) for live in frame.live)
            self._note(AttachedSeen(self._now(), self._connection_number, frame.head_seq, frame.recovered, texts))
        elif isinstance(frame, Delta):
            piece = (self._connection_number, frame.turn_id, frame.attempt, frame.offset, len(frame.text))
            self._note(Piece(self._now(), *piece))
        await super()._take(frame)
        room = next(iter(self._rooms.values()), None)
        if room is not None:
            self._write_down(room, frame)

    def _write_down(self, room: Room, frame: Any) -> None:
        replies = room.transcript.replies
        concerned = [frame.turn_id] if isinstance(frame, Delta) else list(replies)
        if isinstance(frame, Attached) and not frame.recovered:
            self._read_up_to = frame.head_seq
        for entry in room.transcript.entries:
            if entry.seq > self._read_up_to:
                self._read_up_to = entry.seq
                self._note(EntryRead(self._now(), entry.seq, entry.name, entry.model_dump_json()))
        for turn in concerned:
            state = replies.get(turn)
            if state is None:
                continue
            now = (state.attempt, state.status, state.text)
            before = self._latest.get(turn, (0, "", ""))
            if now != before:
                self._latest[turn] = now
                keep = _common(before[2], state.text)
                self._note(Shown(self._now(), turn, state.attempt, state.status, keep, state.text[keep:]))

    def _note(self, seen: Seen) -> None:
        self.seen.append(seen)

    @staticmethod
    def _now() -> float:
        return time.monotonic()

    def report(self) -> Reader:
        """What was seen, and how it looks now."""
        transcript = self.followed.transcript
        return Reader(
            name=self.name,
            room=self.followed.id,
            seen=self.seen,
            head_seq=transcript.head_seq,
            messages={message.id: message.content for message in transcript.messages.values()},
            turns={turn: LastSight(state.status, state.text, state.rank) for turn, state in transcript.replies.items()},
        )


def _common(before: str, now: str) -> int:
    if now.startswith(before):
        return len(before)
    length = 0
    for one, other in zip(before, now, strict=False):
        if one != other:
            break
        length += 1
    return length
