"""The front door of the SDK: sign in, look around, open rooms."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from palaver.client.account import OwnAccount
from palaver.client.administration import Administration
from palaver.client.connection import Connection, NoWebSocket
from palaver.client.http_link import HttpLink
from palaver.client.provider_keys import ProviderKeys
from palaver.client.rest import Rest
from palaver.client.room import Room
from palaver.contracts.client_protocol import (
    Ack,
    Attached,
    ClientRequest,
    ContextSummaryNotice,
    ContextUsageNotice,
    DegradedNotice,
    Delta,
    Detach,
    Error,
    RecoveredNotice,
    Welcome,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.limits import REQUEST_SECONDS
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import EventFrame, SessionView, TurnRef


class Palaver:
    """One person's connection to a Palaver server.

    ```python
    async with Palaver("http://127.0.0.1:8080") as palaver:
        await palaver.rest.log_in("me@example.org", "a long password")
        room = await palaver.create_room(["sim/swift", "sim/sage", "sim/scribe"])
        async for reply in room.ask("Why is the sky blue?"):
            done = await room.finished(reply)
            print(done.turn.speaker, done.text)
    ```
    """

    def __init__(self, url: str) -> None:
        self.rest = Rest(url)
        self.keys = ProviderKeys(self.rest)
        self.account = OwnAccount(self.rest)
        self.admin = Administration(self.rest)
        self.degraded: set[str] = set()
        """Dependencies that the server says are down."""
        self._url = url.rstrip("/").replace("http", "ws", 1) + "/ws"
        self._rooms: dict[str, Room] = {}
        self._turns: dict[str, Room] = {}
        self._link: Connection | HttpLink = Connection(self._url, self.rest, self._take)
        self._welcomed = asyncio.Event()
        self._connection_id = ""
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave. Answers that run go on without us."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        for room in self._rooms.values():
            await room.close()
        await self.rest.close()

    async def connect(self) -> None:
        """Open the WebSocket unless it is open. Raises Failure when the server refuses or cannot be reached."""
        if self._running is None:
            self._running = asyncio.create_task(self._stay_linked(), name="palaver-connection")
        welcomed = asyncio.create_task(self._welcomed.wait())
        await asyncio.wait({welcomed, self._running}, timeout=REQUEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        welcomed.cancel()
        if self._running.done():
            self._running.result()
        if not self._welcomed.is_set():
            raise Failure(ErrorCode.TIMEOUT, "The server did not welcome us in time.")

    async def _stay_linked(self) -> None:
        try:
            await self._link.run()
        except NoWebSocket:
            self._link = HttpLink(self.rest, self._take, self._begin)
            await self._link.run()

    async def _send(self, frame: ClientRequest) -> bool:
        return await self._link.send(frame)

    async def _begin(self) -> None:
        self._welcomed.set()
        for room in list(self._rooms.values()):
            await room.attach()

    async def create_room(
        self, models: Sequence[str | NewParticipant], *, title: str = "", system_prompt: str | None = None
    ) -> Room:
        """Open a room with these models and follow it."""
        seats = tuple(NewParticipant(model=m) if isinstance(m, str) else m for m in models)
        mode = "single" if len(seats) == 1 else "parallel"
        session = await self.rest.create_session(seats, title=title, mode=mode, system_prompt=system_prompt)
        return await self.room(session.id)

    async def room(self, session: SessionId | SessionView) -> Room:
        """Follow a room. Raises Failure when it does not exist or is not ours."""
        session_id = session.id if isinstance(session, SessionView) else session
        await self.connect()
        room = self._rooms.get(session_id)
        if room is None:
            room = self._rooms[session_id] = Room(session_id, self._send)
            await room.attach()
        try:
            await room.ready()
        except Failure:
            self._rooms.pop(session_id, None)
            await room.close()
            raise
        return room

    async def leave(self, room: Room) -> None:
        """Stop following a room. Answers that run go on."""
        self._rooms.pop(room.id, None)
        await room.close()
        await self._link.send(Detach(session_id=room.id))

    def cut(self) -> None:
        """Break the connection without a good-bye, as a bad network would; it comes back by itself."""
        self._link.cut()

    async def _take(self, frame: Any) -> None:
        match frame:
            case Welcome():
                if frame.connection_id != self._connection_id:  # not the answer to a renewed token
                    self._connection_id = frame.connection_id
                    await self._begin()
            case DegradedNotice():
                self.degraded.add(frame.data.dependency)
            case RecoveredNotice():
                self.degraded.discard(frame.data.dependency)
                for room in list(self._rooms.values()):
                    await room.resend()
            case _:
                for room in self._concerned(frame):
                    await room.take(frame)
                    self._index(room, frame)

    def _concerned(self, frame: Any) -> list[Room]:
        match frame:
            case Delta():
                room = self._turns.get(frame.turn_id)
            case Attached() | EventFrame() | ContextUsageNotice() | ContextSummaryNotice():
                room = self._rooms.get(frame.session_id)
            case Ack() | Error():
                return list(self._rooms.values())
            case _:
                room = None
        return [room] if room else []

    def _index(self, room: Room, frame: Any) -> None:
        """Deltas name their turn only; remember whose it is."""
        turns: tuple[TurnRef, ...] = frame.running if isinstance(frame, Attached) else ()
        if isinstance(frame, EventFrame) and isinstance(data := getattr(frame, "data", None), TurnRef):
            turns = (data,)
        for turn in turns:
            state = room.transcript.replies.get(turn.turn_id)
            if state is None or state.ended:
                self._turns.pop(turn.turn_id, None)
            else:
                self._turns[turn.turn_id] = room
