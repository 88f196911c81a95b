"""How many connections one person and everybody may have: one number over all gateways, whatever kind they are."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId, new_id
from palaver.gateway.realtime.census import Census
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.tasks import TaskSet
from palaver.servicekit.testing.infrastructure import RunningValkey

pytestmark = [pytest.mark.component, pytest.mark.attack]

LEASE_SECONDS = 1.5
PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def census(url: SecretStr, **settings: Any) -> AsyncGenerator[Census]:
    """A gateway's count without the gateway; at the end it falls silent, as one that was killed."""
    async with Redis.from_url(url.get_secret_value(), decode_responses=True) as redis:
        counting = Census(redis, new_id(), RealtimeSettings.model_validate(settings))
        tasks = TaskSet("census")
        tasks.spawn(counting.run())
        try:
            yield counting
        finally:
            await tasks.cancel()


async def refusal(client: Any) -> tuple[dict[str, Any], int]:
    """The error and the code of the close."""
    frame = await client.next()
    with pytest.raises(ConnectionClosed):
        await client.next()
    return frame, int(client.socket.close_code)


async def admitted(served: Any, token: str) -> bool:
    async with served.connect(token) as client:
        frame: dict[str, Any] = await client.next()
    assert frame["type"] == "welcome" or frame["code"] == "TOO_MANY_CONNECTIONS"
    return bool(frame["type"] == "welcome")


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in another place
            await asyncio.sleep(0.05)


async def in_all(served: Any) -> dict[str, int] | None:
    async with served.http() as http:
        return (await http.get("/ws/status")).json()["data"]["in_all"]


async def until_in_all(served: Any, connections: int) -> None:
    async def said() -> bool:
        return ((await in_all(served)) or {}).get("connections") == connections

    await eventually(said)


async def test_sockets_streams_and_polls_of_a_person_share_one_limit_over_two_gateways(
    gateway_for: Any, room: Any
) -> None:
    few = {"max_connections_per_user": 2}
    async with gateway_for(realtime=few) as first, gateway_for(realtime=few) as second:
        me = first.token
        events = f"/api/v1/sessions/{room.session_id}/events"
        async with first.welcomed(me), second.http(me, Accept="application/json") as http:
            async with second.streamed(room.session_id, token=me) as source:
                assert (await source.frame())["type"] == "attached"
                async with second.connect(me, headers={"Accept-Language": "zh"}) as third:
                    frame, code = await refusal(third)
                polled = await http.get(events, params={"wait": "0"})
                assert await admitted(second, second.token)  # somebody else is not concerned
            await eventually(lambda: admitted(second, me))
        assert (frame["code"], code, frame["retryable"]) == ("TOO_MANY_CONNECTIONS", 4009, True)
        assert (frame["details"], frame["message"]) == ({"max_connections_per_user": 2}, "连接过多，请稍后再试。")  # noqa: RUF001
        assert (polled.status_code, polled.json()["error"]["code"]) == (429, "TOO_MANY_CONNECTIONS")
        assert "2 connections" in polled.json()["error"]["message"]


async def test_of_many_at_two_doors_at_once_exactly_as_many_come_in_as_may(gateway_for: Any) -> None:
    few = {"max_connections_per_user": 5}
    async with (
        gateway_for(realtime=few) as first,
        gateway_for(realtime=few) as second,
        AsyncExitStack() as open_sockets,
    ):
        me = first.token

        async def come(served: Any) -> str:
            client = await open_sockets.enter_async_context(served.connect(me))
            return str((await client.next())["type"])

        seen = await asyncio.gather(*(come(served) for served in (first, second) * 12))
    assert (seen.count("welcome"), seen.count("error")) == (5, 19)


async def test_everybody_together_is_limited_over_two_gateways_and_reported(gateway_for: Any, mint: Any) -> None:
    few = {"max_connections_in_all": 2}
    async with gateway_for(realtime=few) as first, gateway_for(realtime=few) as second:
        async with first.welcomed(), second.welcomed():
            async with first.connect(mint.token(new_id())) as third:
                frame, code = await refusal(third)
            await until_in_all(first, 2)
            assert await in_all(first) == {"connections": 2, "gateways": 2}
        await until_in_all(second, 0)
    assert (frame["code"], code, frame["details"]) == ("TOO_MANY_CONNECTIONS", 4009, {"max_connections_in_all": 2})


async def test_the_connections_of_a_gateway_that_was_killed_are_free_after_its_lease(
    gateway_for: Any, redis_url: Any
) -> None:
    lease = {"max_connections_per_user": 1, "connection_lease_seconds": LEASE_SECONDS}
    async with gateway_for(realtime=lease) as served:
        me = served.token
        async with census(redis_url, **lease) as killed:
            await killed.enter(UserId(served.user_id))
            began = time.monotonic()
            while time.monotonic() - began < 2 * LEASE_SECONDS:  # as long as it lives, its lease is renewed
                assert not await admitted(served, me)
                await asyncio.sleep(0.1)
        began = time.monotonic()
        await eventually(lambda: admitted(served, me))
        assert time.monotonic() - began < 2 * LEASE_SECONDS


async def test_a_gateway_that_stops_gives_its_connections_back_at_once(gateway_for: Any) -> None:
    few = {"max_connections_per_user": 1}
    async with gateway_for(realtime=few) as first:
        me = first.token
        async with gateway_for(realtime=few) as second:
            staying = second.welcomed(me)
            await staying.__aenter__()
            assert not await admitted(first, me)
        assert await admitted(first, me)
        with suppress(ConnectionClosed):
            await staying.__aexit__(None, None, None)


async def test_without_redis_each_gateway_counts_its_own_and_then_they_count_together_again(
    gateway_for: Any, own_valkey: RunningValkey
) -> None:
    few: dict[str, Any] = {"redis": own_valkey.url(), "realtime": {"max_connections_per_user": 2}}
    async with gateway_for(**few) as first, gateway_for(**few) as second:
        me = first.token
        async with first.welcomed(me):
            await own_valkey.stop()
            async with second.welcomed(me), second.welcomed(me) as last:
                assert not await admitted(second, me)
                assert await in_all(second) is None
                await own_valkey.start()
                await until_in_all(first, 3)
                await until_in_all(second, 3)
                assert not await admitted(first, me)
                await last.ask({"type": "ping"}, type="pong")  # whoever is in stays in


async def test_numbers_that_redis_lost_are_told_again(gateway_for: Any, redis_url: Any) -> None:
    lease = {"max_connections_per_user": 1, "connection_lease_seconds": LEASE_SECONDS}
    async with gateway_for(realtime=lease) as first, gateway_for(realtime=lease) as second:
        me = first.token
        async with first.welcomed(me), Redis.from_url(redis_url.get_secret_value()) as redis:
            await redis.flushall()
            await until_in_all(second, 1)

            async def refused() -> bool:
                return not await admitted(second, me)

            await eventually(refused)


async def test_whoever_leaves_while_waiting_at_the_door_takes_no_place(redis_url: Any) -> None:
    person = UserId(new_id())
    async with census(redis_url, max_connections_per_user=1) as counting:
        for waited_turns in range(6):
            waiting = asyncio.create_task(counting.enter(person))
            for _ in range(waited_turns):
                await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
                counting.leave(person)  # it was quicker than its cancellation
        await counting.enter(person)
        with pytest.raises(Failure) as refused:
            await counting.enter(person)
    assert refused.value.code is ErrorCode.TOO_MANY_CONNECTIONS


async def test_a_crowd_larger_than_one_call_comes_in_and_leaves_nothing(redis_url: Any) -> None:
    people = [UserId(new_id()) for _ in range(700)]
    stored_in: Any = Redis.from_url(redis_url.get_secret_value())
    async with stored_in as redis, census(redis_url) as counting:
        await asyncio.gather(*(counting.enter(person) for person in people for _ in range(2)))
        (hash_key,) = [key async for key in redis.scan_iter("{connections}:*")]
        stored = await redis.hgetall(hash_key)
        assert (stored.pop(b"*"), set(stored.values()), len(stored)) == (b"1400", {b"2"}, 700)
        for person in people:
            counting.leave(person)
            counting.leave(person)

        async def empty() -> bool:
            return bool(await redis.hgetall(hash_key) == {b"*": b"0"})

        await eventually(empty)
