"""Long polling from the outside: answers at once, gathers text, waits otherwise, and sends nothing twice."""

import asyncio
from typing import Any

import pytest

from palaver.contracts import session
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session_log import Nothing, SessionDeleted

pytestmark = pytest.mark.component

LONG = 30.0


def kinds(answer: dict[str, Any]) -> list[str]:
    return [frame.get("name", frame["type"]) for frame in answer["data"]]


async def test_the_first_poll_says_where_the_room_stands(served: Any, room: Any) -> None:
    await room.post("hello", silent=True)
    answer = await served.polled(room.session_id, wait=LONG)
    assert answer["success"] is True
    assert kinds(answer) == ["attached"]
    assert answer["meta"] == {"next_cursor": "e1:1"}


async def test_what_waits_is_answered_at_once(served: Any, room: Any) -> None:
    for text in ("one", "two", "three"):
        await room.post(text, silent=True)
    answer = await served.polled(room.session_id, wait=LONG, after="e1:1")
    assert [frame["seq"] for frame in answer["data"]] == [2, 3]
    assert answer["meta"]["next_cursor"] == "e1:3"


async def test_an_entry_that_comes_ends_the_wait(served: Any, room: Any) -> None:
    polling = asyncio.create_task(served.polled(room.session_id, wait=LONG, after="e1:0"))
    await room.neighbours.until_asked(session.ATTACH_READ)
    await room.post("hello")
    answer = await polling
    assert kinds(answer) == ["message.posted"]
    assert answer["meta"]["next_cursor"] == "e1:1"


async def test_when_nothing_happens_the_answer_is_empty_and_the_cursor_stays(served: Any, room: Any) -> None:
    await room.post("hello", silent=True)
    answer = await served.polled(room.session_id, wait=0.2, after="e1:1")
    assert answer == {"success": True, "data": [], "meta": {"next_cursor": "e1:1"}}


async def test_a_wait_is_capped(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"max_poll_seconds": 0.2}) as served:
        answer = await served.polled(room.session_id, wait=5_000, after="e1:0")
    assert answer["data"] == []


async def test_running_text_is_gathered_and_each_piece_is_answered_once(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, "Hello ")
    cursor, pieces = "e1:1", []
    answer = await served.polled(room.session_id, wait=LONG, after=cursor)
    for text in ("Hello wör", "Hello wörld!"):
        pieces += answer["data"]
        cursor = answer["meta"]["next_cursor"]
        worker.hold(turn, text)
        answer = await served.polled(room.session_id, wait=LONG, after=cursor)
    pieces += answer["data"]
    assert [(piece["type"], piece["offset"], piece["text"]) for piece in pieces] == [
        ("delta", 0, "Hello "),
        ("delta", 6, "wör"),
        ("delta", 9, "ld!"),
    ]
    assert answer["meta"]["next_cursor"] == f"e1:1~{turn.turn_id}:1:12"


async def test_deltas_that_come_during_a_poll_become_one(served: Any, room: Any) -> None:
    turn = room.turn()
    await room.request(turn, silent=True)
    polling = asyncio.create_task(served.polled(room.session_id, wait=LONG, after="e1:1"))
    await room.neighbours.until_asked(session.ATTACH_READ)
    for offset, text in ((0, "Hé"), (2, "llo"), (5, " 👋"), (5, " 👋")):
        await room.delta(turn, offset, text)
    answer = await polling
    assert [(frame["offset"], frame["text"]) for frame in answer["data"]] == [(0, "Héllo 👋")]


async def test_a_text_of_another_attempt_is_given_from_its_beginning(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, attempt=2, silent=True)
    worker.hold(turn, "Anew", attempt=2)
    answer = await served.polled(room.session_id, wait=LONG, after=f"e1:1~{turn.turn_id}:1:300")
    assert [(frame["attempt"], frame["offset"], frame["text"]) for frame in answer["data"]] == [(2, 0, "Anew")]
    assert answer["meta"]["next_cursor"] == f"e1:1~{turn.turn_id}:2:4"


async def test_an_ended_answer_leaves_the_cursor(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    await room.finish(turn, "Hello", silent=True)
    answer = await served.polled(room.session_id, wait=LONG, after=f"e1:1~{turn.turn_id}:1:3")
    assert kinds(answer) == ["reply.appended"]
    assert answer["meta"]["next_cursor"] == "e1:2"


async def test_a_deleted_room_is_told_and_then_not_found(served: Any, room: Any) -> None:
    polling = asyncio.create_task(served.polled(room.session_id, wait=LONG, after="e1:0"))
    await room.neighbours.until_asked(session.ATTACH_READ)
    await room.say(room.frame(SessionDeleted, Nothing()))
    assert kinds(await polling) == ["session.deleted"]
    room.attach_failure = Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")
    async with served.signed_in() as http:
        answer = await http.get(f"/api/v1/sessions/{room.session_id}/events?wait=1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "SESSION_NOT_FOUND")


async def test_a_gateway_that_stops_answers_its_polls(gateway_for: Any, room: Any) -> None:
    async with gateway_for() as served:
        polling = asyncio.create_task(served.polled(room.session_id, wait=LONG, after="e1:0"))
        await room.neighbours.until_asked(session.ATTACH_READ)
    assert (await polling)["data"] == []


async def test_a_poll_on_a_connection_that_is_kept_leaves_nothing_behind(served: Any, room: Any) -> None:
    async with served.signed_in() as http:
        for _ in range(3):
            answer = await http.get(f"/api/v1/sessions/{room.session_id}/events?wait=0")
            assert answer.json()["data"][0]["type"] == "attached"
        status = (await http.get("/ws/status")).json()["data"]
    assert (status["connections"], status["sessions"]) == (0, 0)


async def test_json_is_chosen_by_accept_and_a_stream_by_asking_for_one(served: Any, room: Any) -> None:
    path = f"/api/v1/sessions/{room.session_id}/events"
    async with served.signed_in() as http:
        polled = await http.get(path, headers={"Accept": "application/json"})
        for headers, query in (({"Accept": "text/event-stream"}, "?wait=1"), ({"Accept": "*/*"}, "")):
            async with http.stream("GET", path + query, headers=headers) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
    assert polled.headers["content-type"] == "application/json"
