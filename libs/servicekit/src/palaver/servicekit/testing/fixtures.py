"""Real servers as pytest fixtures. Loaded by the root `conftest.py`; no test imports it.

| fixture | scope | gives |
|---|---|---|
| `infrastructure` | session | makes servers; child processes, or containers with `PALAVER_TEST_INFRA=docker` |
| `postgres` | session | `RunningPostgres`, one per xdist worker; `.url(database)` is the superuser's |
| `valkey` | session | `RunningValkey`, one per xdist worker |
| `databases` | session | `Databases`: `template(name, migrate)`, `create(template)`, `drop(name)` |
| `database_url` | function | `SecretStr`: an empty database of this test, dropped afterwards |
| `fresh_database` | function | `await fresh_database(template=None) -> SecretStr`: many of them, dropped afterwards |
| `redis_url` | function | `SecretStr`: the shared Valkey, emptied for this test |
| `nats_admin` | session | `Nkey` of a user that may do anything, known to every broker started here |
| `nats_users` | function | further `NatsUser`s of this test's broker; override it to give some (default: none) |
| `nats_server` | function | `RunningNats`, this test's own: `.url`, `.set_users(...)`, `.stop()`, `.start()` |
| `start_nats` | function | `await start_nats(users) -> RunningNats`: more brokers, stopped afterwards |
| `own_postgres`, `own_valkey` | function | servers that a test may stop and break, without harm to others |

The servers are bound to no event loop, so tests keep the default loop per function.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.testing.databases import Databases
from palaver.servicekit.testing.infrastructure import (
    EmbeddedInfrastructure,
    Infrastructure,
    RunningNats,
    RunningPostgres,
    RunningValkey,
)
from palaver.servicekit.testing.settings import InfraSettings

PASSWORD = SecretStr("only-in-tests")

StartNats = Callable[[Sequence[NatsUser]], Awaitable[RunningNats]]
FreshDatabase = Callable[..., Awaitable[SecretStr]]


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Infrastructure]:
    """Where servers come from."""
    made = _infrastructure()
    yield made
    made.remove()


def _infrastructure() -> Infrastructure:
    if InfraSettings().infra == "docker":
        from palaver.servicekit.testing.containers import (  # noqa: PLC0415 - testcontainers is not needed otherwise
            DockerInfrastructure,
        )

        return DockerInfrastructure()
    return EmbeddedInfrastructure()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(
    infrastructure: Infrastructure, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningPostgres]:
    """A PostgreSQL for all tests of this process."""
    server = infrastructure.postgres(tmp_path_factory.mktemp("postgres"), PASSWORD)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey(
    infrastructure: Infrastructure, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningValkey]:
    """A Valkey for all tests of this process."""
    server = infrastructure.valkey(tmp_path_factory.mktemp("valkey"), PASSWORD)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
def databases(postgres: RunningPostgres) -> Databases:
    """Makes databases on the shared server."""
    return Databases(postgres)


@pytest_asyncio.fixture
async def fresh_database(databases: Databases) -> AsyncIterator[FreshDatabase]:
    """Makes databases that are dropped after the test."""
    made: list[str] = []

    async def create(template: str | None = None) -> SecretStr:
        made.append(await databases.create(template))
        return databases.url(made[-1])

    yield create
    for name in made:
        await databases.drop(name)


@pytest_asyncio.fixture
async def database_url(fresh_database: FreshDatabase) -> SecretStr:
    """An empty database of this test."""
    return await fresh_database()


@pytest_asyncio.fixture
async def redis_url(valkey: RunningValkey) -> SecretStr:
    """The shared Valkey, emptied."""
    client = Redis.from_url(valkey.url().get_secret_value())
    await client.flushall()
    await client.aclose()
    return valkey.url()


@pytest.fixture(scope="session")
def nats_admin() -> Nkey:
    """The identity of the test itself on every broker."""
    return new_nkey()


@pytest.fixture
def nats_users() -> Sequence[NatsUser]:
    """Users besides the admin on this test's broker; override in a module or conftest."""
    return ()


@pytest_asyncio.fixture
async def start_nats(
    infrastructure: Infrastructure, nats_admin: Nkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StartNats]:
    """Starts brokers that are stopped after the test."""
    started: list[RunningNats] = []

    async def start(users: Sequence[NatsUser]) -> RunningNats:
        admin = NatsUser("admin", nats_admin.public, (">",), (">",))
        server = infrastructure.nats(tmp_path_factory.mktemp("nats"), (admin, *users))
        started.append(server)
        await server.start()
        return server

    yield start
    for server in started:
        await server.stop()


@pytest_asyncio.fixture
async def nats_server(start_nats: StartNats, nats_users: Sequence[NatsUser]) -> RunningNats:
    """This test's own broker: streams and consumers of other tests are not on it."""
    return await start_nats(nats_users)


@pytest_asyncio.fixture
async def own_postgres(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[RunningPostgres]:
    """A PostgreSQL that this test may stop (it takes half a second to make)."""
    server = infrastructure.postgres(tmp_path / "own-postgres", PASSWORD)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def own_valkey(infrastructure: Infrastructure, tmp_path: Path) -> AsyncIterator[RunningValkey]:
    """A Valkey that this test may stop."""
    server = infrastructure.valkey(tmp_path / "own-valkey", PASSWORD)
    await server.start()
    yield server
    await server.stop()
