"""Server-sent events from the outside: the WebSocket's frames, resumed without gap or double."""

import asyncio
import contextlib
import socket
from typing import Any

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.contracts.session import USER_NOTIFIED
from palaver.contracts.session_log import Nothing, SessionDeleted

pytestmark = pytest.mark.component

PATIENCE_SECONDS = 15.0
CHUNK = "x" * 8_000


class Screen:
    """Folds one turn's text as clients do: repeats are harmless, gaps are counted."""

    def __init__(self) -> None:
        self.text = ""
        self.gaps = 0
        self.pieces = 0

    def show(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "delta":
            self.pieces += 1
            self.gaps += frame["offset"] > len(self.text)
            self.text += frame["text"][max(0, len(self.text) - frame["offset"]) :]


async def shown(source: Any, screen: Screen, text: str) -> None:
    """Read until the screen shows it."""
    while screen.text != text:
        screen.show(await source.frame())


async def test_a_stream_begins_with_where_the_room_stands_and_goes_on_with_events_and_deltas(
    served: Any, room: Any
) -> None:
    await room.post("hello", silent=True)
    async with served.streamed(room.session_id) as source:
        attached = await source.next()
        turn = room.turn()
        await room.request(turn)
        await room.delta(turn, 0, "Hé\nllo \u2028 👋")
        requested, delta = await source.next(), await source.next()
        await room.finish(turn, "Hé\nllo \u2028 👋")
        ended = await source.next()
    headers = source.answer.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert headers["x-content-type-options"] == "nosniff"
    assert (attached.name, attached.id, attached.data["head_seq"]) == ("attached", "e1:1", 1)
    assert (requested.name, requested.id, requested.data["name"]) == ("event", "e1:2", "turn.requested")
    assert (delta.name, delta.id, delta.data["text"]) == ("delta", None, "Hé\nllo \u2028 👋")
    assert (ended.id, ended.data["name"]) == ("e1:3", "reply.appended")


async def test_a_stream_cut_in_mid_answer_is_resumed_by_last_event_id_without_gap_or_double(
    served: Any, room: Any, worker: Any
) -> None:
    turn, screen = room.turn(), Screen()
    async with served.streamed(room.session_id) as source:
        await source.until(type="attached")
        await room.request(turn, worker.id)
        await room.delta(turn, 0, "Hello ")
        await shown(source, screen, "Hello ")
    await room.post("said meanwhile")
    worker.hold(turn, "Hello wör")
    resumed = {"Last-Event-ID": source.last_id}
    async with served.streamed(room.session_id, headers=resumed, after="0") as again:
        missed, snapshot = await again.frame(), await again.frame()
        await room.delta(turn, 6, "wörld")
        await room.delta(turn, 11, "!")
        screen.show(snapshot)
        await shown(again, screen, "Hello wörld!")
        await room.finish(turn, "Hello wörld!")
        ended = await again.until(type="event")
    assert (missed["name"], missed["seq"]) == ("message.posted", 2)
    assert (snapshot["type"], snapshot["offset"], snapshot["text"]) == ("delta", 0, "Hello wör")
    assert (ended["name"], ended["seq"]) == ("reply.appended", 3)
    assert screen.gaps == 0


async def test_a_late_joiner_gets_the_text_so_far_and_then_the_rest(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, "so far")
    async with served.streamed(room.session_id) as source:
        attached = await source.until(type="attached")
        await room.delta(turn, 6, ", so good")
        delta = await source.until(type="delta")
    assert [live["text"] for live in attached["live"]] == ["so far"]
    assert (delta["offset"], delta["text"]) == (6, ", so good")


async def test_a_place_that_the_log_does_not_reach_back_to_begins_anew(served: Any, room: Any) -> None:
    await room.post("one", silent=True)
    async with served.streamed(room.session_id, after="of-an-older-log:1") as source:
        attached = await source.frame()
    assert (attached["type"], attached["recovered"], attached["epoch"]) == ("attached", False, "e1")


async def test_a_plain_seq_is_a_place_too(served: Any, room: Any) -> None:
    for text in ("one", "two"):
        await room.post(text, silent=True)
    async with served.streamed(room.session_id, after="1") as source:
        assert (await source.frame())["seq"] == 2


async def test_comments_keep_a_silent_stream_alive(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"comment_seconds": 0.05}) as served, served.streamed(room.session_id) as source:
        await source.until(type="attached")
        await asyncio.sleep(0.3)
        await room.post("hello")
        await source.until(name="message.posted")
    assert source.comments > 1


async def test_what_concerns_a_person_and_the_room_reaches_its_streams(served: Any, room: Any) -> None:
    from palaver.contracts.client_protocol import ContextUsage, ContextUsageNotice, Error, SessionUsage
    from palaver.contracts.context import USAGE_CHANGED

    usage = ContextUsage(session=SessionUsage(tokens=5, messages=1, tokenizer="o200k_base"), participants=())
    refused = Failure(ErrorCode.SESSION_ARCHIVED, "This room is archived.").body
    async with served.streamed(room.session_id, headers={"Accept-Language": "zh"}) as source:
        await source.until(type="attached")
        notice = ContextUsageNotice(session_id=room.session_id, data=usage)
        await room.neighbours.broker.send(USAGE_CHANGED, notice, room.session_id)
        meters = await source.next()
        error = Error(**dict(refused), session_id=room.session_id, client_message_id=new_id())
        await room.neighbours.broker.send(USER_NOTIFIED, error, served.user_id)
        refusal = await source.next()
    assert (meters.name, meters.id, meters.data["name"]) == ("notice", None, "context.usage")
    assert (refusal.name, refusal.data["message"]) == ("error", "该会话已归档。")


# ---- who is let in ---------------------------------------------------------------------------------------------------
async def test_a_stream_is_refused_in_the_envelope(served: Any, room: Any) -> None:
    path = f"/api/v1/sessions/{room.session_id}/events"
    expired = served.mint.token(served.user_id, seconds=-60)
    for token, query, status, code in (
        (None, {}, 401, "UNAUTHENTICATED"),
        ("nonsense", {}, 401, "UNAUTHENTICATED"),
        (expired, {}, 401, "TOKEN_EXPIRED"),
        (None, {"token": served.token}, 401, "UNAUTHENTICATED"),
        (served.token, {"after": "nowhere"}, 422, "VALIDATION_FAILED"),
        (served.token, {"after": "-1"}, 422, "VALIDATION_FAILED"),
        (served.token, {"wait": "soon"}, 422, "VALIDATION_FAILED"),
    ):
        async with served.http(token) as http:
            answer = await http.get(path, params=query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    room.attach_failure = Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")
    async with served.signed_in() as http:
        foreign = await http.get(path)
        misspelt = await http.get("/api/v1/sessions/nothing/events")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "SESSION_NOT_FOUND")
    assert misspelt.status_code == 422


async def test_a_ticket_opens_one_stream_and_no_second(served: Any, room: Any) -> None:
    await served.play_identity()
    path = f"/api/v1/sessions/{room.session_id}/events"
    async with served.signed_in() as http:
        ticket = (await http.post("/api/v1/auth/ticket")).json()["data"]["ticket"]
    async with served.http() as http:
        first = await http.get(path, params={"ticket": ticket, "wait": "0"})
        second = await http.get(path, params={"ticket": ticket, "wait": "0"})
    assert first.json()["data"][0]["type"] == "attached"
    assert (second.status_code, second.json()["error"]["code"]) == (401, "UNAUTHENTICATED")


async def test_web_pages_of_other_origins_may_not_follow(served: Any, room: Any) -> None:
    path = f"/api/v1/sessions/{room.session_id}/events?wait=0"
    async with served.signed_in() as http:
        evil = await http.get(path, headers={"Origin": "https://evil.example.org"})
        own = await http.get(path, headers={"Origin": served.url})
    assert (evil.status_code, evil.json()["error"]["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert own.status_code == 200


async def test_a_persons_streams_polls_and_websockets_are_counted_together(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"max_connections_per_user": 2}) as served, served.welcomed():
        async with served.streamed(room.session_id) as source, served.signed_in() as http:
            await source.until(type="attached")
            for query in ("", "?wait=0"):
                refused = await http.get(f"/api/v1/sessions/{room.session_id}/events{query}")
                assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_CONNECTIONS")
        assert (await served.polled(room.session_id, wait=0))["data"]


async def test_a_session_that_cannot_be_read_now_is_503(served: Any) -> None:
    async with served.signed_in() as http:
        answer = await http.get(f"/api/v1/sessions/{new_id()}/events")
    assert (answer.status_code, answer.json()["error"]["retryable"]) == (503, True)
    assert int(answer.headers["retry-after"]) > 0


# ---- how it ends -----------------------------------------------------------------------------------------------------
async def test_the_end_of_the_access_token_ends_the_stream_after_a_warning(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"token_notice_seconds": 60}) as served:
        token = served.mint.token(served.user_id, seconds=3)
        async with served.streamed(room.session_id, token=token) as source:
            seen = await source.rest()
    assert [sent.data.get("name") or sent.data.get("code") for sent in seen[1:]] == ["token.expiring", "TOKEN_EXPIRED"]


async def test_a_deleted_room_is_told_and_ends_its_streams(served: Any, room: Any) -> None:
    async with served.streamed(room.session_id) as source:
        await source.until(type="attached")
        await room.say(room.frame(SessionDeleted, Nothing()))
        seen = await source.rest()
    assert [sent.data["name"] for sent in seen] == ["session.deleted"]


async def test_a_gateway_that_stops_ends_its_streams_at_once_and_says_when_to_come_back(
    gateway_for: Any, room: Any
) -> None:
    async with contextlib.AsyncExitStack() as clients:
        async with gateway_for() as served:
            source = await clients.enter_async_context(served.streamed(room.session_id))
            await source.until(type="attached")
            stopping = asyncio.get_running_loop().time()
        took = asyncio.get_running_loop().time() - stopping
        assert await source.rest() == []
    assert len(source.retries) == 2
    assert took < 4, "it waited for the stream until it was cut"


async def test_nothing_is_left_of_a_client_that_goes(served: Any, room: Any) -> None:
    async with served.streamed(room.session_id) as source:
        await source.until(type="attached")
        assert await connections(served) == 1
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await connections(served):
            pass
    async with served.http() as http:
        assert (await http.get("/ws/status")).json()["data"]["sessions"] == 0


async def connections(served: Any) -> int:
    async with served.http() as http:
        return (await http.get("/ws/status")).json()["data"]["connections"]


# ---- who reads slowly ------------------------------------------------------------------------------------------------
async def narrow_stream(served: Any, session_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream through a small receive buffer, so that the gateway's side fills quickly."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=made, limit=4_096)
    request = f"GET /api/v1/sessions/{session_id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}"
    writer.write(f"{request}\r\n\r\n".encode())
    assert b"200" in await reader.readline()
    return reader, writer


async def test_a_slow_reader_is_told_and_then_gets_the_whole_text(gateway_for: Any, room: Any, worker: Any) -> None:
    async with gateway_for(realtime={"max_queue_bytes": 20_000}) as served:
        reader, writer = await narrow_stream(served, room.session_id)
        turn = room.turn()
        await room.request(turn, worker.id)
        text = ""
        for number in range(500):
            worker.hold(turn, text + CHUNK)
            await room.delta(turn, len(text), CHUNK)
            text += CHUNK
            if number % 50 == 0:
                await room.neighbours.broker.ping()
        await room.finish(turn, text)
        received = b""
        async with asyncio.timeout(60):
            while b"reply.appended" not in received[-len(text) - 5_000 :] or not received.endswith(b"}\n\n\r\n"):
                received += await reader.read(65_536)
        writer.close()
    assert b'"name":"lagging"' in received
    assert received.count(CHUNK.encode()) < 2 * 500, "what was dropped was sent all the same"


async def test_a_client_that_stops_reading_is_cut(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"max_queue_bytes": 50_000, "stall_seconds": 0.5, "close_seconds": 0.5}) as served:
        reader, writer = await narrow_stream(served, room.session_id)
        turn = room.turn()
        await room.request(turn)
        sent = 0
        while await connections(served):  # until the kernel's buffers are full too
            for _ in range(50):
                await room.delta(turn, sent, CHUNK)
                sent += len(CHUNK)
            await room.neighbours.broker.ping()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(ConnectionError):
                while await reader.read(65_536):
                    pass
        writer.close()
