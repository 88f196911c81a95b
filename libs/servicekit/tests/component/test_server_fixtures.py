"""The fixtures give each test servers of its own state."""

import asyncio

import asyncpg
import nats
from nats.aio.msg import Msg
from pydantic import SecretStr
from redis.asyncio import Redis

from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.testing.databases import Databases
from palaver.servicekit.testing.infrastructure import RunningNats


async def test_each_test_gets_an_empty_database(database_url: SecretStr) -> None:
    connection = await asyncpg.connect(database_url.get_secret_value())
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.close()


async def test_a_template_is_migrated_once_and_copied(databases: Databases) -> None:
    runs: list[int] = []

    async def migrate(url: SecretStr) -> None:
        runs.append(1)
        connection = await asyncpg.connect(url.get_secret_value())
        await connection.execute("create table kept (n int); insert into kept values (7)")
        await connection.close()

    for _ in range(2):
        name = await databases.create(await databases.template("copied", migrate))
        connection = await asyncpg.connect(databases.url(name).get_secret_value())
        assert await connection.fetchval("select n from kept") == 7
        await connection.execute("delete from kept")
        await connection.close()
        await databases.drop(name)
    assert runs == [1]


async def test_the_keyspace_is_empty_first(redis_url: SecretStr) -> None:
    await _leaves_a_key(redis_url)


async def test_the_keyspace_is_empty_again(redis_url: SecretStr) -> None:
    await _leaves_a_key(redis_url)


async def _leaves_a_key(redis_url: SecretStr) -> None:
    client = Redis.from_url(redis_url.get_secret_value())
    assert await client.dbsize() == 0
    await client.set("left", "over")
    await client.aclose()


async def test_the_admin_may_use_jetstream(nats_server: RunningNats, nats_admin: Nkey) -> None:
    client = await nats.connect(nats_server.url, nkeys_seed_str=nats_admin.seed.get_secret_value())
    await client.jetstream().add_stream(name="S", subjects=["s.>"], max_bytes=8 * 1024**3)
    assert (await client.jetstream().publish("s.a", b"x")).seq == 1
    await client.close()


async def test_a_user_without_lists_may_only_answer(nats_server: RunningNats, nats_admin: Nkey) -> None:
    mute, asked = new_nkey(), asyncio.Event()
    admin = NatsUser("admin", nats_admin.public, (">",), (">",))
    answerer = NatsUser("answerer", mute.public, subscribe=("question",), allow_responses=True)
    await nats_server.set_users([admin, answerer])
    refusals: list[str] = []

    async def refused(error: Exception) -> None:
        refusals.append(str(error))
        asked.set()

    client = await nats.connect(nats_server.url, nkeys_seed_str=mute.seed.get_secret_value(), error_cb=refused)

    async def reply(message: Msg) -> None:
        await message.respond(b"42")

    await client.subscribe("question", cb=reply)
    await client.flush()
    asking = await nats.connect(nats_server.url, nkeys_seed_str=nats_admin.seed.get_secret_value())
    assert (await asking.request("question", b"?", timeout=5)).data == b"42"
    assert refusals == []
    await client.publish("anything", b"")
    await asyncio.wait_for(asked.wait(), 5)
    assert "permissions violation" in refusals[0].lower()
    await client.close()
    await asking.close()
