"""Sending an answer at its own pace as an ASGI response, with its fault if it has one, noticing when the client leaves.

One write per due piece; pieces that are due together share a write, so a hundred streams cost little.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from starlette.types import Receive, Scope, Send

from palaver.simulator.composing import Timetable
from palaver.simulator.faults import Fault
from palaver.simulator.recorder import Record
from palaver.simulator.wire import Frames, Reply

_SPLIT_PAUSE_SECONDS = 0.002
"""Between two halves of a split event: long enough that they are two reads at the other end."""


class _Cut(Exception):  # noqa: N818 - the fault `cut`
    """The connection is to be dropped in mid-stream."""


class Playback:
    """A streamed answer. Called by the server as an ASGI application, once."""

    def __init__(
        self,
        *,
        reply: Reply,
        frames: Frames,
        timetable: Timetable,
        fault: Fault | None,
        record: Record,
        headers: Mapping[str, str],
    ) -> None:
        self._reply = reply
        self._frames = frames
        self._timetable = timetable
        self._fault = fault
        self._record = record
        self._headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Play until the end, or until the client leaves."""
        self._record.status = 200
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-cache"),
                    *self._headers,
                ],
            }
        )
        async with asyncio.TaskGroup() as group:
            player = group.create_task(self._play(send))
            watcher = group.create_task(self._watch(receive, player))
            player.add_done_callback(lambda _: watcher.cancel())

    async def _watch(self, receive: Receive, player: asyncio.Task[None]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if not player.done() and self._record.finished_at is None:
            self._record.client_left()
            player.cancel()

    async def _play(self, send: Send) -> None:
        try:
            async for body in self._bodies():
                for part in self._parts(body):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                    if part is not body:
                        await asyncio.sleep(_SPLIT_PAUSE_SECONDS)
        except _Cut:
            self._record.finished(completed=False)
            return  # without the last chunk: the server closes the connection
        self._record.finished(completed=self._fault is None or self._fault.kind != "error_event")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _parts(self, body: bytes) -> tuple[bytes, ...]:
        if self._fault is None or self._fault.kind != "split_utf8":
            return (body,)
        multibyte = next((i for i, byte in enumerate(body) if byte >= 0xC0), None)  # noqa: PLR2004 - a lead byte
        at = len(body) // 2 if multibyte is None else multibyte + 1
        return (body[:at], body[at:])

    async def _bodies(self) -> AsyncIterator[bytes]:
        """The bytes to write, each at its time. Raises _Cut."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        delay = self._fault.seconds if self._fault is not None and self._fault.kind == "slow_first_token" else 0.0
        frames = self._frames
        pending: list[str] = []
        sent = 0

        def flush() -> bytes:
            nonlocal sent
            body = b"".join(frames.piece(piece, sent + index) for index, piece in enumerate(pending))
            sent += len(pending)
            self._record.said("".join(pending), len(pending))
            pending.clear()
            return body

        yield frames.prologue
        for index, (piece, due) in enumerate(zip(self._reply.pieces, self._timetable.due(), strict=False)):
            wait = begin + delay + due - loop.time()
            faulty = self._fault is not None and self._fault.after_tokens == index
            if pending and (wait > 0 or faulty):
                yield flush()
            if wait > 0:
                await asyncio.sleep(wait)
            if faulty:
                async for body in self._misbehave():
                    yield body
                    if body == frames.error:
                        return
            pending.append(f"{piece}@{time.monotonic_ns() // 1_000};" if self._reply.stamped else piece)
        if pending:
            yield flush()
        yield frames.epilogue

    async def _misbehave(self) -> AsyncIterator[bytes]:
        """What the fault puts into the stream where it strikes. Raises _Cut."""
        match self._fault:
            case Fault(kind="stall", seconds=seconds):
                await asyncio.sleep(seconds)
            case Fault(kind="cut"):
                raise _Cut
            case Fault(kind="malformed_event"):
                yield self._frames.malformed
            case Fault(kind="error_event"):
                yield self._frames.error
            case _:
                pass
