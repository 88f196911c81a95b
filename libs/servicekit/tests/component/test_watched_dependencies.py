"""What a service depends on is watched, and everybody hears when it goes and comes back."""

import asyncio

import pytest
from pydantic import SecretStr

from palaver.contracts.operations import DependencyChanged, dependency_changed
from palaver.servicekit import dependencies
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.redis import Redis
from palaver.servicekit.routes import hear
from palaver.servicekit.service import Service
from palaver.servicekit.settings import RedisSettings
from palaver.servicekit.testing.infrastructure import RunningValkey
from palaver.servicekit.testing.kits import KitFor, Running
from palaver.servicekit.testing.notes import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(dependencies, "REPEAT_SECONDS", 0.1)


async def test_a_change_is_broadcast_once_and_repeated_while_down(kit_for: KitFor, running: Running) -> None:
    up = True
    heard: list[bool] = []
    changes: list[bool] = []

    async def check() -> None:
        if not up:
            raise Unavailable("postgres")

    async def on_change(news: DependencyChanged) -> None:
        assert (news.service, news.dependency) == ("notes", "postgres")
        heard.append(news.up)

    kit, listener = await kit_for("notes"), await kit_for("listener")
    watch = Dependencies(kit, {"postgres": check}, on_change=lambda _, now_up: changes.append(now_up))
    async with (
        running(Service("listener", (hear(dependency_changed("notes"), on_change),)), listener),
        running(Service("notes", (), tasks={"dependencies": watch.run}), kit),
    ):
        await asyncio.sleep(0.3)
        assert heard == []
        up = False
        await until(lambda: len(heard) >= 3)
        assert not watch.is_up("postgres")
        assert kit.health.dependencies == {"postgres": False}
        up = True
        await until(lambda: heard[-1])
        count = len(heard)
        await asyncio.sleep(0.3)
    assert len(heard) == count
    assert heard == [False] * (count - 1) + [True]
    assert changes == [False, True]
    assert watch.is_up("postgres")


async def test_a_check_that_never_answers_counts_as_down(kit_for: KitFor) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    assert not await dependencies.answers(hang, patience_seconds=0.05)


async def test_redis_is_checked_and_survives_a_restart(own_valkey: RunningValkey) -> None:
    redis = Redis(RedisSettings(url=own_valkey.url()))
    await redis.start()
    await redis.client.set("a", "1")
    await own_valkey.stop()
    with pytest.raises(Unavailable) as caught:
        await redis.ping()
    assert caught.value.dependency == "redis"
    await own_valkey.start()
    assert await dependencies.answers(redis.ping)
    await redis.stop()


async def test_a_service_starts_without_redis() -> None:
    redis = Redis(RedisSettings(url=SecretStr("redis://127.0.0.1:1/0")))
    await redis.start()
    assert not await dependencies.answers(redis.ping)
    await redis.stop()
