"""The SDK's connection and rooms against a real WebSocket server that plays a gateway and misbehaves as told."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from palaver.client.connection import Connection
from palaver.client.room import Room
from palaver.contracts.client_protocol import Ack, Attached, Delta, Error, Pong
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, SessionId, UserId, new_id
from palaver.contracts.session_log import (
    MessagePosted,
    Posting,
    TurnRequested,
    UserMessage,
)
from palaver.contracts.testing import NOW, session_view, turn_ref

pytestmark = pytest.mark.component

SESSION = SessionId(new_id())
VIEW = session_view(id=SESSION, state="awaiting_input")
TURN = turn_ref()
WELCOME = {
    "type": "welcome",
    "connection_id": "c",
    "user": {"id": "u", "nickname": "Ada", "role": "member"},
    "heartbeat_seconds": 30,
    "limits": {
        "max_frame_bytes": 1,
        "max_message_characters": 1,
        "max_attached_sessions": 1,
        "messages_per_minute": 1,
    },
    "server_time": NOW.isoformat(),
}
Answer = Callable[["Gateway", ServerConnection, dict[str, Any]], Awaitable[None]]


class Credentials:
    """Counts the tokens that it hands out."""

    def __init__(self) -> None:
        self.renewed = 0

    async def access_token(self) -> str:
        return f"token-{self.renewed}"

    async def renewed_token(self) -> str:
        self.renewed += 1
        return f"token-{self.renewed}"


class Gateway:
    """Welcomes everybody, writes down every frame, and answers as the test says."""

    def __init__(self, answer: Answer) -> None:
        self.heard: list[dict[str, Any]] = []
        self.sockets: list[ServerConnection] = []
        self.seq = 0
        self._answer = answer

    async def serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        await socket.send(json.dumps(WELCOME))
        async for message in socket:
            frame = json.loads(message)
            self.heard.append(frame)
            await self._answer(self, socket, frame)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == kind]

    async def attach(self, socket: ServerConnection, request: dict[str, Any], **more: Any) -> None:
        recovered = request.get("after") is not None
        frame = Attached(
            id=request["id"],
            session_id=SESSION,
            epoch="e",
            head_seq=self.seq,
            recovered=recovered,
            session=VIEW,
            **more,
        )
        await socket.send(frame.model_dump_json())

    async def posted(self, socket: ServerConnection, request: dict[str, Any]) -> None:
        self.seq += 1
        message = UserMessage(
            id=MessageId(new_id()),
            client_message_id=request["client_message_id"],
            author=UserId("u"),
            content=request["content"],
            branch="b",
            round=1,
            created_at=NOW,
        )
        frame = MessagePosted(session_id=SESSION, epoch="e", seq=self.seq, at=NOW, data=Posting(message=message))
        await socket.send(f"[{frame.model_dump_json()},{Pong().model_dump_json()}]")


@asynccontextmanager
async def following(answer: Answer) -> AsyncGenerator[tuple[Gateway, Room, Connection, Credentials]]:
    """A room that is attached, through a connection that is kept up."""
    gateway, credentials = Gateway(answer), Credentials()
    async with serve(gateway.serve, "127.0.0.1", 0, subprotocols=[Subprotocol("palaver.v1")]) as server:
        port = server.sockets[0].getsockname()[1]

        async def on_frame(frame: Any) -> None:
            if frame.type == "welcome":
                await room.attach()
            elif frame.type == "notice" and frame.name == "service.recovered":
                await room.resend()
            elif frame.type in {"ack", "attached", "event", "delta", "error"}:
                await room.take(frame)

        connection = Connection(f"ws://127.0.0.1:{port}/ws", credentials, on_frame)
        room = Room(SESSION, connection.send)
        running = asyncio.create_task(connection.run())
        try:
            await room.ready()
            yield gateway, room, connection, credentials
        finally:
            await room.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def heard(gateway: Gateway, kind: str, times: int) -> list[dict[str, Any]]:
    """Wait until the gateway heard so many frames of a kind."""
    async with asyncio.timeout(10):
        while len(gateway.of_type(kind)) < times:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0.01)
    return gateway.of_type(kind)


async def test_a_post_that_a_cut_swallowed_is_sent_again_with_the_same_id_and_returns_once():
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "attach":
            await gateway.attach(socket, frame)
        elif len(gateway.of_type("post")) == 1:
            socket.transport.abort()
        else:
            await gateway.posted(socket, frame)

    async with following(answer) as (gateway, room, _, _):
        message = await asyncio.wait_for(room.post("Hello"), 10)
        first, second = gateway.of_type("post")
        assert first["client_message_id"] == second["client_message_id"] == message.client_message_id
        assert list(room.transcript.messages) == [message.id]
        assert len(gateway.sockets) == 2


async def test_what_was_refused_for_the_moment_is_sent_again_when_the_service_is_back():
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "attach":
            await gateway.attach(socket, frame)
        elif len(gateway.of_type("post")) == 1:
            body = Failure(ErrorCode.SERVICE_UNAVAILABLE, "Later.").body.model_dump(mode="json")
            await socket.send(json.dumps({"type": "error", **body, "client_message_id": frame["client_message_id"]}))
            data = {"dependency": "nats", "message": "Back."}
            await socket.send(json.dumps({"type": "notice", "name": "service.recovered", "data": data}))
        else:
            await gateway.posted(socket, frame)

    async with following(answer) as (gateway, room, _, _):
        await asyncio.wait_for(room.post("Hello"), 5)
        assert len(gateway.of_type("post")) == 2


@pytest.mark.parametrize("refused", [1, 2], ids=["at first", "after a cut"])
async def test_an_attach_that_was_refused_for_the_moment_is_asked_for_again(refused: int):
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] != "attach":
            await gateway.posted(socket, frame)
        elif len(gateway.of_type("attach")) == refused:
            body = Failure(ErrorCode.SERVICE_UNAVAILABLE, "Later.").body.model_dump(mode="json")
            await socket.send(json.dumps({"type": "error", **body, "id": frame["id"]}))
        else:
            await gateway.attach(socket, frame)

    async with following(answer) as (gateway, room, connection, _):
        connection.cut()
        await heard(gateway, "attach", 3)
        await asyncio.wait_for(room.post("Hello"), 10)


async def test_what_is_refused_for_good_is_raised():
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "attach":
            await gateway.attach(socket, frame)
        else:
            body = Failure(ErrorCode.SESSION_ARCHIVED, "Archived.").body.model_dump(mode="json")
            await socket.send(json.dumps({"type": "error", **body, "client_message_id": frame["client_message_id"]}))

    async with following(answer) as (_, room, _, _):
        with pytest.raises(Failure, match="Archived") as refused:
            await room.post("Hello")
        assert refused.value.code is ErrorCode.SESSION_ARCHIVED


@pytest.mark.parametrize(("code", "taken"), [(None, True), (ErrorCode.SERVICE_UNAVAILABLE, False)])
async def test_a_stop_says_whether_the_server_has_it(code: ErrorCode | None, taken: bool):  # noqa: FBT001 - a parameter
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "attach":
            await gateway.attach(socket, frame)
        elif code is None:
            await socket.send(Ack(id=frame["id"]).model_dump_json())
        else:
            await socket.send(Error(**dict(Failure(code, "Not now.").body), id=frame["id"]).model_dump_json())

    async with following(answer) as (gateway, room, _, _):
        assert await room.stop(turn_id=TURN.turn_id) is taken
        (stop,) = gateway.of_type("stop")
        assert stop["turn_id"] == TURN.turn_id
        assert "participant_id" not in stop


async def test_a_gap_in_a_text_attaches_again_from_what_is_known():
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if len(gateway.of_type("attach")) == 1:
            await gateway.attach(socket, frame)
            gateway.seq = 1
            requested = TurnRequested(session_id=SESSION, epoch="e", seq=1, at=NOW, data=TURN)
            await socket.send(requested.model_dump_json())
            await socket.send(Delta(turn_id=TURN.turn_id, attempt=1, offset=7, text="after a hole").model_dump_json())
        else:
            live = {"turn_id": "t", "reply_id": "r", "participant_id": "p", "attempt": 1, "text": "before, after"}
            await gateway.attach(socket, frame, running=(TURN,), live=(live,))

    async with following(answer) as (gateway, room, _, _):
        _, again = await heard(gateway, "attach", 2)
        assert (again["after"], again["epoch"]) == (1, "e")
        async for piece in room.pieces(room.transcript.replies["t"]):
            assert piece.text == "before, after"
            break


async def test_an_expiring_token_is_renewed_on_the_live_connection():
    async def answer(gateway: Gateway, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "attach":
            await gateway.attach(socket, frame)
            notice = {"type": "notice", "name": "token.expiring", "data": {"expires_at": NOW.isoformat()}}
            await socket.send(json.dumps(notice))

    async with following(answer) as (gateway, _, _, credentials):
        (renewal,) = await heard(gateway, "authenticate", 1)
        assert renewal["token"] == "token-1"
        assert credentials.renewed == 1
        assert len(gateway.sockets) == 1


async def test_a_token_that_ended_unnoticed_is_renewed_for_the_next_connection():
    tokens: list[str] = []

    async def once(socket: ServerConnection) -> None:
        assert socket.request is not None
        tokens.append(socket.request.headers["Authorization"])
        if tokens[-1].endswith("token-0"):
            await socket.close(4001, "token expired")
            return
        await socket.send(json.dumps(WELCOME))
        await socket.wait_closed()

    welcomed = asyncio.Event()

    async def take(frame: Any) -> None:
        if frame.type == "welcome":
            welcomed.set()

    async with serve(once, "127.0.0.1", 0, subprotocols=[Subprotocol("palaver.v1")]) as server:
        port = server.sockets[0].getsockname()[1]
        connection = Connection(f"ws://127.0.0.1:{port}/ws", Credentials(), take)
        running = asyncio.create_task(connection.run())
        await asyncio.wait_for(welcomed.wait(), 10)
        running.cancel()
    assert tokens == ["Bearer token-0", "Bearer token-1"]


async def test_a_server_that_refuses_for_good_is_not_asked_for_ever():
    async def close(socket: ServerConnection) -> None:
        await socket.close(4001)

    async with serve(close, "127.0.0.1", 0, subprotocols=[Subprotocol("palaver.v1")]) as server:

        async def ignore(_: Any) -> None:
            return None

        port = server.sockets[0].getsockname()[1]
        connection = Connection(f"ws://127.0.0.1:{port}/ws", Credentials(), ignore)
        with pytest.raises(Failure) as refused:
            await asyncio.wait_for(connection.run(), 10)
        assert refused.value.code is ErrorCode.UNAUTHENTICATED
