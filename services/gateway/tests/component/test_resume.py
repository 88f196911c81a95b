"""Attach, resume and repair: neither a gap nor anything twice, whatever core NATS loses."""

import asyncio
from typing import Any

import pytest

from palaver.contracts import session
from palaver.contracts.ids import new_id
from palaver.contracts.session import USER_NOTIFIED

pytestmark = pytest.mark.component


class Screen:
    """Folds deltas as clients do: repeats are harmless, gaps are not."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.attempts: dict[str, int] = {}
        self.gaps = 0

    def show(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "attached":
            for live in frame["live"]:
                self.texts[live["turn_id"]] = live["text"]
                self.attempts[live["turn_id"]] = live["attempt"]
        elif frame["type"] == "delta":
            self._fold(frame)

    def _fold(self, delta: dict[str, Any]) -> None:
        turn, attempt = delta["turn_id"], delta["attempt"]
        if attempt > self.attempts.get(turn, 0):
            self.texts[turn], self.attempts[turn] = "", attempt
        text = self.texts.get(turn, "")
        if attempt < self.attempts[turn]:
            return
        if delta["offset"] > len(text):
            self.gaps += 1
        elif delta["offset"] + len(delta["text"]) > len(text):
            self.texts[turn] = text + delta["text"][len(text) - delta["offset"] :]


async def test_a_client_that_comes_back_gets_only_what_it_missed(served: Any, room: Any) -> None:
    for text in ("one", "two", "three"):
        await room.post(text, silent=True)
    async with served.welcomed() as client:
        again = await client.ask(
            {"type": "attach", "session_id": room.session_id, "after": 1, "epoch": room.epoch}, type="attached"
        )
        other = await client.ask(
            {"type": "attach", "session_id": room.session_id, "after": 1, "epoch": "rebuilt"}, type="attached"
        )
    assert again["recovered"] is True
    assert [entry["seq"] for entry in again["entries"]] == [2, 3]
    assert other["recovered"] is False


async def test_a_late_joiner_gets_the_text_so_far_from_the_worker_and_then_the_rest(
    served: Any, room: Any, worker: Any
) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, "Hello ")
    room.attach_gate = asyncio.Event()
    async with served.welcomed() as client:
        await client.send({"type": "attach", "id": "a", "session_id": room.session_id})
        while not room.neighbours.asked_for(session.ATTACH_READ):  # noqa: ASYNC110 - a test waits for a plain list
            await asyncio.sleep(0.01)
        # Deltas that arrive while the answer is on its way: one inside the snapshot, one across its end, one beyond.
        await room.delta(turn, 0, "Hel")
        await room.delta(turn, 3, "lo wör")
        await room.delta(turn, 9, "ld")
        await room.neighbours.broker.ping()
        room.attach_gate.set()
        attached = await client.until(type="attached")
        await room.delta(turn, 11, "!")
        screen = Screen()
        screen.show(attached)
        while screen.texts[turn.turn_id] != "Hello wörld!":
            screen.show(await client.until(type="delta"))
    assert attached["live"][0]["text"] == "Hello "
    assert screen.gaps == 0


async def test_a_very_long_answer_is_resumed_with_one_snapshot_and_goes_on(served: Any, room: Any, worker: Any) -> None:
    """32,000 tokens: far more than what may wait in a queue, and two code points where JavaScript counts three."""
    turn, text = room.turn(), "tök👋 " * 32_000
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, text)
    async with served.welcomed() as client:
        resume = {"type": "attach", "session_id": room.session_id, "after": 1, "epoch": room.epoch}
        attached = await client.ask(resume, type="attached")
        await room.delta(turn, len(text) - 2, "👋 and")
        delta = await client.next()
    assert (attached["recovered"], attached["entries"]) == (True, [])
    assert [(live["offset"], live["text"]) for live in attached["live"]] == [(0, text)]
    assert (delta["type"], delta["offset"], delta["text"]) == ("delta", len(text), "and")


async def test_no_part_of_a_spliced_text_is_sent_twice(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, "Hello ")
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        await room.delta(turn, 0, "Hello wor")
        await room.delta(turn, 9, "ld")
        first = await client.until(type="delta")
        second = first if first["text"] == "world" else await client.until(type="delta")
    assert (first["offset"], first["text"]) in ((6, "wor"), (6, "world"))
    assert second["text"] in ("ld", "world")


async def test_a_dead_worker_is_stood_in_for_by_the_checkpoint(served: Any, room: Any) -> None:
    turn = room.turn()
    await room.request(turn, new_id(), checkpoint="so far", silent=True)
    async with served.welcomed() as client:
        attached = await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
    assert [(live["text"], live["attempt"]) for live in attached["live"]] == [("so far", 1)]


async def test_a_worker_that_holds_another_attempt_is_not_believed(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, checkpoint="checkpoint", attempt=2, silent=True)
    worker.hold(turn, "text of the first attempt", attempt=1)
    async with served.welcomed() as client:
        attached = await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
    assert [(live["text"], live["attempt"]) for live in attached["live"]] == [("checkpoint", 2)]


async def test_many_joiners_ask_a_worker_for_one_batch_at_a_time(served: Any, room: Any, worker: Any) -> None:
    turn = room.turn()
    await room.request(turn, worker.id, silent=True)
    worker.hold(turn, "text")
    async with served.welcomed() as client:
        for number in range(20):
            await client.send({"type": "attach", "id": str(number), "session_id": room.session_id})
        answered = [await client.until(type="attached") for _ in range(20)]
    assert sorted(int(frame["id"]) for frame in answered) == list(range(20))
    assert worker.answers <= 20


async def test_an_event_that_was_lost_is_read_from_the_log(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        await room.post("lost", silent=True)
        await room.post("heard")
        seen = [await client.until(type="event") for _ in range(2)]
    assert [(event["seq"], event["data"]["message"]["content"]) for event in seen] == [(1, "lost"), (2, "heard")]


async def test_the_last_event_is_found_by_a_head_check_when_nothing_follows_it(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"busy_head_check_seconds": 0.2}) as served, served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        turn = room.turn()
        await room.request(turn)
        await client.until(name="turn.requested")
        await room.finish(turn, "all of it", silent=True)
        appended = await client.until(name="reply.appended")
    assert appended["data"]["reply"]["text"] == "all of it"


async def test_a_lost_announcement_of_a_post_is_found_although_no_turn_runs(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"busy_head_check_seconds": 0.2}) as served, served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        client_message_id = new_id()
        post = {"type": "post", "client_message_id": client_message_id, "content": "hi", "session_id": room.session_id}
        assert (await client.ask(post))["type"] == "accepted"
        await room.post("hi", client_message_id, silent=True)
        posted = await client.until(name="message.posted")
    assert posted["data"]["message"]["client_message_id"] == client_message_id


async def test_a_lost_announcement_of_a_rest_post_is_found_for_a_stream_too(gateway_for: Any, room: Any) -> None:
    body = {"session_id": room.session_id, "client_message_id": new_id(), "content": "hi"}
    async with (
        gateway_for(realtime={"busy_head_check_seconds": 0.2}) as served,
        served.streamed(room.session_id) as source,
        served.signed_in() as http,
    ):
        await source.until(type="attached")
        assert (await http.post("/api/v1/messages", json=body)).status_code == 202
        await room.post("hi", body["client_message_id"], silent=True)
        posted = await source.until(name="message.posted")
    assert posted["data"]["message"]["client_message_id"] == body["client_message_id"]


async def test_events_that_come_twice_or_out_of_order_are_shown_once_and_in_order(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        first, second, third = [await room.post(text, silent=True) for text in ("a", "b", "c")]
        for entry in (third, second, first, first, third):
            await room.say(entry)
        await room.post("d")
        seen = [await client.until(type="event") for _ in range(4)]
        assert (await client.ask({"type": "ping"}))["type"] == "pong"
    assert [event["seq"] for event in seen] == [1, 2, 3, 4]
    assert not [frame for frame in client.frames if frame["type"] == "event"]


async def test_deltas_wait_for_the_announcement_of_their_turn(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        turn = room.turn()
        await room.delta(turn, 0, "early")
        await room.neighbours.broker.ping()
        await room.request(turn)
        seen = await client.collect_until(type="delta")
    assert [frame.get("name", frame["type"]) for frame in seen] == ["turn.requested", "delta"]
    assert seen[-1]["text"] == "early"


async def test_two_devices_in_one_room_see_the_same(served: Any, room: Any) -> None:
    async with served.welcomed() as one, served.welcomed() as two:
        for client in (one, two):
            await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        turn = room.turn()
        await room.request(turn)
        await room.delta(turn, 0, "same")
        seen = [await client.collect_until(type="delta") for client in (one, two)]
    assert seen[0] == seen[1]


async def test_a_detached_session_is_silent(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        assert (await client.ask({"type": "detach", "session_id": room.session_id}))["type"] == "ack"
        again = await client.ask({"type": "detach", "session_id": room.session_id})
        await room.post("unheard")
        assert (await client.ask({"type": "ping"}))["type"] == "pong"
    assert again["code"] == "NOT_ATTACHED"
    assert not client.frames


async def test_a_rebuilt_log_starts_clients_anew(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await room.post("old", silent=True)
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        room.epoch = "e2"
        room.entries.clear()
        await room.post("new")
        anew = await client.until(type="attached")
        await room.post("next")
        event = await client.until(type="event")
    assert (anew["epoch"], anew["recovered"]) == ("e2", False)
    assert event["data"]["message"]["content"] in ("new", "next")


async def test_a_refused_post_reaches_its_author_by_its_own_id(served: Any, room: Any) -> None:
    from palaver.contracts.client_protocol import Error
    from palaver.contracts.failures import ErrorCode, Failure

    async with served.welcomed(headers={"Accept-Language": "zh"}) as chinese, served.welcomed() as english:
        client_message_id = new_id()
        body = Failure(ErrorCode.SESSION_ARCHIVED, "This room is archived.").body
        refusal = Error(**dict(body), session_id=room.session_id, client_message_id=client_message_id)
        await room.neighbours.broker.send(USER_NOTIFIED, refusal, served.user_id)
        seen = [await client.until(type="error") for client in (chinese, english)]
    assert [frame["message"] for frame in seen] == ["该会话已归档。", "This room is archived."]
    assert {frame["client_message_id"] for frame in seen} == {client_message_id}


async def test_the_meters_of_a_room_are_passed_on(served: Any, room: Any) -> None:
    from palaver.contracts.client_protocol import ContextUsage, ContextUsageNotice, SessionUsage
    from palaver.contracts.context import USAGE_CHANGED

    usage = ContextUsage(session=SessionUsage(tokens=5, messages=1, tokenizer="o200k_base"), participants=())
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        notice = ContextUsageNotice(session_id=room.session_id, data=usage)
        await room.neighbours.broker.send(USAGE_CHANGED, notice, room.session_id)
        seen = await client.until(type="notice")
    assert (seen["name"], seen["data"]["session"]["tokens"]) == ("context.usage", 5)
