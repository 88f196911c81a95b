"""The WebSocket from the outside: welcome, attach, relay, post, stop."""

from typing import Any

import pytest

from palaver.contracts import session
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.contracts.session_log import Nothing, SessionDeleted

pytestmark = pytest.mark.component


async def test_a_bearer_token_is_welcomed_with_limits_and_user(served: Any) -> None:
    async with served.connect(served.token) as client:
        welcome = await client.next()
    assert client.socket.subprotocol == "palaver.v1"
    assert welcome["type"] == "welcome"
    assert welcome["user"] == {"id": served.user_id, "nickname": "Ada", "role": "member"}
    assert welcome["limits"]["max_message_characters"] == 10_000
    assert welcome["heartbeat_seconds"] == 30


async def test_an_attached_client_gets_the_newest_state_and_then_events_and_deltas_in_order(
    served: Any, room: Any
) -> None:
    await room.post("hello", silent=True)
    async with served.welcomed() as client:
        attached = await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        assert (attached["head_seq"], attached["recovered"]) == (1, False)
        assert attached["session"]["id"] == room.session_id
        turn = room.turn()
        await room.request(turn)
        await room.delta(turn, 0, "Hé")
        await room.delta(turn, 2, "llo 👋")
        await room.finish(turn, "Héllo 👋")
        seen = await client.collect_until(name="reply.appended")
    names = [frame.get("name", frame["type"]) for frame in seen]
    assert names[0] == "turn.requested"
    assert names[-1] == "reply.appended"
    deltas = [frame for frame in seen if frame["type"] == "delta"]
    assert "".join(frame["text"] for frame in deltas) in ("Héllo 👋", "Hé", "")
    assert [frame["seq"] for frame in seen if frame["type"] == "event"] == [2, 3]


async def test_a_post_is_accepted_once_the_broker_has_it(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        client_message_id = new_id()
        answer = await client.ask(
            {
                "type": "post",
                "session_id": room.session_id,
                "client_message_id": client_message_id,
                "content": [{"type": "text", "text": "hello "}, {"type": "text", "text": "room"}],
                "metadata": {"trace": "t1"},
            }
        )
    assert answer["type"] == "accepted"
    assert answer["client_message_id"] == client_message_id
    partition = session.partition_of(room.session_id)
    stored = await room.neighbours.broker.nc.jsm().get_last_msg(
        "COMMANDS", session.POST_MESSAGE.at(partition, room.session_id)
    )
    posted = session.PostMessage.model_validate_json(stored.data)
    assert (posted.content, posted.actor.user_id, posted.metadata) == ("hello room", served.user_id, {"trace": "t1"})


async def test_attaching_to_a_room_of_somebody_else_is_an_error_and_not_the_end(served: Any, room: Any) -> None:
    room.attach_failure = Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")
    async with served.welcomed() as client:
        answer = await client.ask({"type": "attach", "session_id": room.session_id})
        assert (answer["type"], answer["code"], answer["session_id"]) == (
            "error",
            "SESSION_NOT_FOUND",
            room.session_id,
        )
        assert (await client.ask({"type": "ping"}))["type"] == "pong"


async def test_a_post_sent_twice_is_accepted_twice_with_the_same_key(served: Any, room: Any) -> None:
    """Session makes one message of them; the gateway must not keep the second from it."""
    post = {"type": "post", "session_id": room.session_id, "client_message_id": new_id(), "content": "hi"}
    async with served.welcomed() as client:
        answers = [await client.ask(post) for _ in range(2)]
    assert [answer["type"] for answer in answers] == ["accepted", "accepted"]
    info = await room.neighbours.broker.nc.jsm().stream_info("COMMANDS")
    assert info.state.messages == 2


@pytest.mark.parametrize("what", [{}, {"turn_id": "t1"}, {"participant_id": "p1"}])
async def test_stop_is_acknowledged_once_the_broker_has_it(served: Any, room: Any, what: dict[str, str]) -> None:
    async with served.welcomed() as client:
        answer = await client.ask({"type": "stop", "session_id": room.session_id, **what})
    assert answer["type"] == "ack"
    stored = await room.neighbours.broker.nc.jsm().get_last_msg("COMMANDS", session.STOP_TURNS.at(room.session_id))
    order = session.StopTurns.model_validate_json(stored.data)
    assert (order.turn_id, order.participant_id) == (what.get("turn_id"), what.get("participant_id"))
    assert order.actor.user_id == served.user_id


@pytest.mark.parametrize(("what", "more"), [({}, 1), ({"turn_id": "t1"}, 0), ({"participant_id": "p1"}, 0)])
async def test_a_stop_of_everything_also_takes_its_place_among_the_posts(
    served: Any, room: Any, what: dict[str, str], more: int
) -> None:
    subject = session.STOP_ROUNDS.at(session.partition_of(room.session_id), room.session_id)
    async with served.welcomed() as client:
        await client.ask({"type": "stop", "session_id": room.session_id, **what})
    info = await room.neighbours.broker.nc.jsm().stream_info("COMMANDS", subjects_filter=subject)
    assert (info.state.subjects or {}) == ({subject: 1} if more else {})


async def test_a_deleted_room_is_told_and_then_silent(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        await room.say(room.frame(SessionDeleted, Nothing()))
        await client.until(name="session.deleted")
        again = await client.ask({"type": "detach", "session_id": room.session_id})
    assert again["code"] == "NOT_ATTACHED"
