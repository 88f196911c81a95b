"""Following rooms by plain HTTP, where a proxy lets no WebSocket through: frames in and out as on the WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx2
from pydantic import ValidationError
from pydantic_core import from_json

from palaver.client.connection import FRAME, delays
from palaver.client.rest import Rest
from palaver.contracts.client_protocol import Ack, Attach, ClientRequest, Detach, Error, Post, Stop
from palaver.contracts.failures import Failure
from palaver.contracts.ids import SessionId


class HttpLink:
    """A stream of server-sent events for each room that is attached; what is said goes by REST.

    A stream that breaks goes on after the last entry that it brought: nothing is missed, and no entry told twice.
    """

    def __init__(
        self, rest: Rest, on_frame: Callable[[Any], Awaitable[None]], on_open: Callable[[], Awaitable[None]]
    ) -> None:
        self._rest = rest
        self._on_frame = on_frame
        self._on_open = on_open
        self._followed: dict[SessionId, asyncio.Task[None]] = {}
        self._streams: dict[SessionId, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Carry until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await self._on_open()
            await asyncio.Event().wait()

    async def send(self, frame: ClientRequest) -> bool:
        """Carry a frame; False when it did not arrive. What the server answers comes as a frame."""
        match frame:
            case Attach():
                self._follow(frame)
            case Detach():
                self._forget(SessionId(frame.session_id))
            case Post():
                return await self._order("/api/v1/messages", frame)
            case Stop():
                return await self._order("/api/v1/chat/stop", frame)
            case _:
                return False
        return True

    def cut(self) -> None:
        """Break the streams without a good-bye; they come back by themselves."""
        for stream in self._streams.values():
            stream.cancel()

    async def _order(self, path: str, frame: Post | Stop) -> bool:
        try:
            await self._rest.post(path, frame.model_dump(mode="json", exclude={"type", "id"}, exclude_none=True))
        except Failure as failure:
            of = frame.client_message_id if isinstance(frame, Post) else None
            await self._on_frame(Error(**dict(failure.body), id=frame.id, client_message_id=of))
            return False
        if isinstance(frame, Stop):
            await self._on_frame(Ack(id=frame.id))
        return True

    # ---- hearing -----------------------------------------------------------------------------------------------------
    def _follow(self, attach: Attach) -> None:
        session_id = SessionId(attach.session_id)
        self._forget(session_id)
        if self._tasks is not None:
            self._followed[session_id] = self._tasks.create_task(self._keep_hearing(attach), name="palaver-events")

    def _forget(self, session_id: SessionId) -> None:
        followed = self._followed.pop(session_id, None)
        if followed is not None:
            followed.cancel()

    async def _keep_hearing(self, attach: Attach) -> None:
        """From `attached` on, one stream after the other, until the room is given up or refused."""
        session_id = SessionId(attach.session_id)
        place, waits = _Place(), delays()
        while True:
            heard = place.frames
            stream = self._streams[session_id] = asyncio.create_task(self._hear(session_id, place))
            try:
                await asyncio.wait({stream})
            finally:
                stream.cancel()
            failure = None if stream.cancelled() else stream.exception()
            if isinstance(failure, Failure) and (place.last is None or not failure.body.retryable):
                # A room that is refused for the moment asks again by itself.
                await self._on_frame(Error(id=attach.id, session_id=session_id, **dict(failure.body)))
                return
            if failure is not None and not isinstance(failure, Failure | httpx2.TransportError):
                raise failure
            if place.frames > heard:
                waits = delays()
            await asyncio.sleep(next(waits))  # down: the next try tells

    async def _hear(self, session_id: SessionId, place: "_Place") -> None:
        """One stream to its end. Raises Failure, httpx2.TransportError."""
        async for event_id, data in self._rest.events(session_id, place.last):
            with suppress(ValidationError):  # a newer server's frame that this client does not know
                await self._on_frame(FRAME.validate_python(from_json(data)))
            # Only now: what was cut off on its way in is asked for again.
            place.frames += 1
            place.last = event_id or place.last


class _Place:
    """How far a room was heard: the last id, and how many frames."""

    last: str | None = None
    frames: int = 0
