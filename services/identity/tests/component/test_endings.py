"""A sign-in that is over: everybody is told at once, Redis remembers, and no outage loses it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
from nats.aio.msg import Msg
from sqlalchemy import select

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.sign_ins import SIGN_IN_ENDED, SignInEnded, ended_sign_in_key
from palaver.identity.store.tables import ended_sign_ins
from palaver.identity.testing.world import World
from palaver.servicekit.broker import Broker
from palaver.servicekit.testing.infrastructure import RunningValkey
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = [pytest.mark.component, pytest.mark.attack]

ACCESS_SECONDS = 15 * 60


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


class Ended:
    """What a gateway hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[SignInEnded] = asyncio.Queue()

    async def next(self) -> SignInEnded:
        async with asyncio.timeout(10):
            return await self.heard.get()


@asynccontextmanager
async def listening(broker: Broker) -> AsyncGenerator[Ended]:
    ended = Ended()

    async def note(message: Msg) -> None:
        ended.heard.put_nowait(SignInEnded.model_validate_json(message.data))

    await broker.nc.subscribe(SIGN_IN_ENDED.address.wildcard, cb=note)
    await broker.ping()
    yield ended


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is in the service's stores
            await asyncio.sleep(0.01)


async def untold(world: World) -> int:
    async with world.database.read() as conn:
        return len((await conn.execute(select(ended_sign_ins))).all())


async def remembered_seconds(world: World, sid: str) -> int:
    left: Any = await world.redis.client.ttl(ended_sign_in_key(sid))
    return int(left)


async def test_whoever_logs_out_is_out_everywhere_and_their_other_sign_ins_go_on(
    world: World, broker_for: BrokerFor
) -> None:
    here = await world.edge.register("ada@example.org")
    there = await world.edge.log_in("ada@example.org")
    async with listening(await broker_for("gateway")) as ended:
        await world.edge.log_out(here.tokens.refresh_token)
        told = await ended.next()
    assert (told.user_id, told.sid) == (here.user.id, here.sid)
    assert told.until >= here.tokens.expires_at

    async def everybody_told() -> bool:
        return await untold(world) == 0

    await until(everybody_told)
    assert ACCESS_SECONDS - 5 < await remembered_seconds(world, here.sid) <= ACCESS_SECONDS + 60
    assert await remembered_seconds(world, there.sid) == -2  # no such key
    assert (await world.edge.refresh(there.tokens.refresh_token)).user.id == here.user.id


async def test_a_reused_refresh_token_ends_the_sign_in_for_connections_too_and_is_told_once(
    world: World, broker_for: BrokerFor
) -> None:
    ada = await world.edge.register("ada@example.org")
    await world.edge.refresh(ada.tokens.refresh_token)
    async with listening(await broker_for("gateway")) as ended:
        for _ in range(2):
            with pytest.raises(Failure) as caught:
                await world.edge.refresh(ada.tokens.refresh_token)
            assert caught.value.code is ErrorCode.REFRESH_REUSED
        assert (await ended.next()).sid == ada.sid
        bob = await world.edge.register("bob@example.org")
        await world.edge.log_out(bob.tokens.refresh_token)
        assert (await ended.next()).sid == bob.sid  # and not Ada's once more
    assert world.metric("palaver_identity_ended_sign_ins_total", about="reused") == 1


async def test_without_redis_gateways_are_told_all_the_same_and_redis_after_its_return(
    worlds: Worlds, broker_for: BrokerFor, own_valkey: RunningValkey
) -> None:
    async with (
        worlds(redis={"url": own_valkey.url()}) as world,
        listening(await broker_for("gateway")) as ended,
    ):
        ada = await world.edge.register("ada@example.org")
        await own_valkey.stop()
        await world.edge.log_out(ada.tokens.refresh_token)
        assert (await ended.next()).sid == ada.sid
        assert await untold(world) == 1
        await own_valkey.start()

        async def remembered() -> bool:
            return await untold(world) == 0

        await until(remembered)
        assert await remembered_seconds(world, ada.sid) > 0


async def test_what_a_crash_left_untold_is_told_at_the_next_start(
    worlds: Worlds, broker_for: BrokerFor, own_valkey: RunningValkey
) -> None:
    async with worlds(redis={"url": own_valkey.url()}) as world:
        ada = await world.edge.register("ada@example.org")
        await own_valkey.stop()
        await world.edge.log_out(ada.tokens.refresh_token)
        assert await untold(world) == 1
    async with listening(await broker_for("gateway")) as ended, worlds() as world:
        assert (await ended.next()).sid == ada.sid


async def test_a_ticket_of_a_sign_in_that_is_over_opens_nothing(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ticket, other = await world.edge.ticket(ada.actor, sid=ada.sid), await world.edge.ticket(ada.actor, sid=ada.sid)
    assert (await world.edge.redeem_ticket(ticket)).sid == ada.sid
    await world.edge.log_out(ada.tokens.refresh_token)
    with pytest.raises(Failure) as caught:
        await world.edge.redeem_ticket(other)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED
