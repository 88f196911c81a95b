"""Degraded, not dead, and said so."""

import asyncio
from typing import Any

import pytest

from palaver.contracts import session
from palaver.contracts.ids import new_id
from palaver.contracts.operations import DependencyChanged

pytestmark = pytest.mark.component


def post(session_id: str) -> dict[str, Any]:
    return {"type": "post", "session_id": session_id, "client_message_id": new_id(), "content": "hi"}


async def test_clients_stay_connected_over_a_broker_outage_and_miss_nothing(
    served: Any, room: Any, nats_server: Any
) -> None:
    async with served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        turn = room.turn()
        await room.request(turn)
        await room.delta(turn, 0, "before")
        await client.until(type="delta")
        await nats_server.stop()
        degraded = await client.until(name="service.degraded")
        refused = await client.ask(post(room.session_id))
        async with served.connect(served.token) as newcomer:
            await newcomer.until(type="welcome")
            told = await newcomer.until(type="notice")
        async with served.http() as http:
            ready = await http.get("/readyz")
        await room.finish(turn, "before and after", silent=True)
        await nats_server.start()
        seen: dict[str, dict[str, Any]] = {}
        while not {"service.recovered", "reply.appended"} <= seen.keys():
            frame = await client.next()
            seen[frame.get("name", frame["type"])] = frame
        while (answer := await client.ask(post(room.session_id)))["type"] == "error":
            assert answer["retryable"] is True
            await asyncio.sleep(0.1)
    assert (degraded["data"]["dependency"], seen["service.recovered"]["data"]["dependency"]) == ("nats", "nats")
    assert (refused["code"], refused["retryable"]) == ("SERVICE_UNAVAILABLE", True)
    assert told["name"] == "service.degraded"
    assert ready.status_code == 200
    assert seen["reply.appended"]["data"]["reply"]["text"] == "before and after"
    assert answer["type"] == "accepted"


async def test_an_event_stream_stays_over_a_broker_outage_and_misses_nothing(
    served: Any, room: Any, nats_server: Any
) -> None:
    async with served.streamed(room.session_id) as source:
        await source.until(type="attached")
        turn = room.turn()
        await room.request(turn)
        await source.until(name="turn.requested")
        await nats_server.stop()
        degraded = await source.until(name="service.degraded")
        async with served.signed_in() as http:
            refused = await http.get(f"/api/v1/sessions/{room.session_id}/events")
        await room.finish(turn, "before and after", silent=True)
        await nats_server.start()
        appended = await source.until(name="reply.appended")
    assert degraded["data"]["dependency"] == "nats"
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert appended["data"]["reply"]["text"] == "before and after"


async def test_rest_says_unavailable_during_a_broker_outage(served: Any, nats_server: Any) -> None:
    token = served.token
    async with served.http(token) as http:
        await http.get("/api/v1/models")  # identity's keys are known from here on
        await nats_server.stop()
        answer = await http.post("/api/v1/messages", json={"session_id": new_id(), "content": "hi"})
        await nats_server.start()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_a_redis_outage_is_told_and_harms_nothing(gateway_for: Any, room: Any, own_valkey: Any) -> None:
    async with gateway_for(redis=own_valkey.url()) as served, served.welcomed() as client:
        await own_valkey.stop()
        degraded = await client.until(name="service.degraded")
        assert (await client.ask(post(room.session_id)))["type"] == "accepted"
        await own_valkey.start()
        recovered = await client.until(name="service.recovered")
    assert (degraded["data"]["dependency"], recovered["data"]["dependency"]) == ("redis", "redis")


async def test_what_other_services_lack_is_told_until_the_last_of_them_has_it_back(served: Any) -> None:
    async def say(instance: str, *, up: bool) -> None:
        news = DependencyChanged(service="session", instance=instance, dependency="postgres", up=up)
        await served.neighbours.broker.send(session.DEPENDENCY_CHANGED, news)

    async with served.welcomed(headers={"Accept-Language": "zh"}) as client:
        await say("a", up=False)
        await say("b", up=False)
        degraded = await client.until(type="notice")
        await say("a", up=True)
        await say("b", up=True)
        recovered = await client.until(type="notice")
    assert (degraded["name"], degraded["data"]["dependency"]) == ("service.degraded", "postgres")
    assert degraded["data"]["message"].startswith("存储")
    assert recovered["name"] == "service.recovered"


async def test_a_client_that_attaches_during_an_outage_is_told_to_try_again(
    served: Any, room: Any, nats_server: Any
) -> None:
    async with served.welcomed() as client:
        await nats_server.stop()
        await client.until(name="service.degraded")
        refused = await client.ask({"type": "attach", "session_id": room.session_id})
        await nats_server.start()
        await client.until(name="service.recovered")
        async with asyncio.timeout(10):
            while (answer := await client.ask({"type": "attach", "session_id": room.session_id}))["type"] == "error":
                assert answer["retryable"] is True
                await asyncio.sleep(0.1)
    assert (refused["code"], refused["retryable"]) == ("SERVICE_UNAVAILABLE", True)
    assert answer["type"] == "attached"
