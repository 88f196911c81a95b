"""Listening in on everything that a stack writes, sends or keeps, with means that only a test has."""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Collection, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from nats.aio.msg import Msg
from prometheus_client import generate_latest
from redis.asyncio import Redis

from palaver.cli.testing.broker_access import access
from palaver.cli.testing.secret_search import Evidence
from palaver.cli.testing.stack import Stack
from palaver.cli.up.servers import broker_users
from palaver.servicekit import telemetry
from palaver.servicekit.embedded import NatsUser, new_nkey
from palaver.servicekit.redaction import format_error
from palaver.servicekit.settings import TelemetrySettings

LOGS = "logs"
UNREDACTED_LOGS = "logs before redaction"
BROKER = "broker"
DATABASE = "database"
REDIS = "redis"
REDIS_COMMANDS = "redis commands"
FILES = "files"
METRICS = "metrics"
TRACES = "traces"
SPY = "spy"


@contextmanager
def logs_read(evidence: Evidence) -> Generator[None]:
    """Services log as in production, at the most talkative level; also what they log before it is redacted."""
    root, written, unredacted = logging.getLogger(), StringIO(), StringIO()
    handlers, level = root.handlers[:], root.level

    def tap(_logger: object, _method: str, event: Any) -> Any:
        evidence.add(UNREDACTED_LOGS, str(format_error(None, "", dict(event))))
        return event

    with redirect_stderr(written):
        telemetry.setup(TelemetrySettings(log_level="debug"))
        structlog.configure(processors=[tap, *structlog.get_config()["processors"]])
        root.addHandler(logging.StreamHandler(unredacted))
        try:
            yield
        finally:
            structlog.reset_defaults()
            root.handlers[:] = handlers
            root.setLevel(level)
            evidence.add(LOGS, written.getvalue())
            evidence.add(UNREDACTED_LOGS, unredacted.getvalue())


@asynccontextmanager
async def broker_tapped(stack: Stack, evidence: Evidence) -> AsyncGenerator[list[str]]:
    """Everything on the broker, inboxes included, for a user that no other Palaver has. Gives the subjects heard."""
    spy, subjects = new_nkey(), list[str]()
    await stack.servers.nats.set_users([*broker_users(stack.secrets), NatsUser(SPY, spy.public, (), (">",))])

    async def note(msg: Msg) -> None:
        subjects.append(msg.subject)
        evidence.add(BROKER, f"{msg.subject} {msg.reply} {msg.headers}")
        evidence.add(BROKER, msg.data)

    async with access(stack.servers.nats.url, SPY, spy.seed) as one:
        await one.client.subscribe(">", cb=note)
        await one.client.flush()
        yield subjects
        await one.client.flush()
        await asyncio.sleep(0.2)  # callbacks run in a task of their own
        if one.complaints:
            raise AssertionError(f"The spy did not hear everything: {one.complaints}")


@asynccontextmanager
async def redis_tapped(stack: Stack, evidence: Evidence) -> AsyncGenerator[None]:
    """Every command that Redis gets: most of what is kept there is gone before a dump could show it."""
    client = Redis.from_url(stack.servers.valkey.url().get_secret_value(), decode_responses=True)
    started = asyncio.Event()

    async def listen() -> None:
        async with client.monitor() as monitor:
            started.set()
            async for command in monitor.listen():
                evidence.add(REDIS_COMMANDS, command["command"])

    listening = asyncio.create_task(listen(), name="redis-monitor")
    await started.wait()
    try:
        yield
    finally:
        await asyncio.sleep(0.2)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await client.aclose()


async def dump_database(stack: Stack, evidence: Evidence) -> list[str]:
    """Every value of every row of every table; bytes as they are. Gives the tables read."""
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        for table in tables:
            for row in await connection.fetch(f"SELECT * FROM {table['name']}"):  # noqa: S608 - quoted by Postgres
                for value in row.values():
                    evidence.add(DATABASE, value if isinstance(value, bytes) else str(value))
        return [table["name"] for table in tables]
    finally:
        await connection.close()


async def dump_redis(stack: Stack, evidence: Evidence) -> None:
    """Every key with its value, in the serialised form that Redis itself gives of it, and as text where it is one."""
    client: Any = Redis.from_url(stack.servers.valkey.url().get_secret_value())
    try:
        async for key in client.scan_iter():
            evidence.add(REDIS, key)
            evidence.add(REDIS, str(await _value(client, key)))
    finally:
        await client.aclose()


async def _value(client: Any, key: bytes) -> object:
    commands: Mapping[bytes, Any] = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: client.xrange(key),
    }
    return await commands[await client.type(key)]()


def read_files(directory: Path, evidence: Evidence, *, but: Collection[Path]) -> int:
    """All files of the instance: streams, clusters, append-only files and logs of the servers; `but` those that are
    meant to hold secrets. Gives their number."""
    files = [path for path in directory.rglob("*") if path.is_file() and not {path, *path.parents} & set(but)]
    for path in files:
        evidence.add(FILES, path.read_bytes())
    return len(files)


def read_metrics(stack: Stack, evidence: Evidence) -> None:
    """What every replica shows to Prometheus."""
    for copies in stack.replicas.values():
        for replica in copies:
            evidence.add(METRICS, generate_latest(replica.kit.metrics))


def log_everywhere(text: str) -> None:
    """Log a text as a service would, and as a library would."""
    structlog.get_logger().debug("planted", note=text)
    logging.getLogger("some.library").warning("planted %s", text)
    print(text, file=sys.stderr)  # noqa: T201 - a stray print is a log as well
