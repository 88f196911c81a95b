"""`palaver secrets`, `migrate` and `serve`, as an operator uses them: against servers that are there already.

The broker grants each service what `deploy/nats/permissions.json` says, and nothing else.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from palaver.cli.new_secrets import as_environment_file
from palaver.cli.services import load, role_of
from palaver.cli.up.processes import Probe
from palaver.cli.up.secret_store import ADMIN, Secrets
from palaver.client import Palaver
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.embedded import (
    NatsServer,
    NatsUser,
    PostgresServer,
    ValkeyServer,
    free_port,
    nkey_from_seed,
)

ROOT = Path(__file__).resolve().parents[4]
PERMISSIONS = ROOT / "deploy" / "nats" / "permissions.json"
PASSWORD = SecretStr("of-the-administrator")
READY_SECONDS = 60
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Servers:
    """What somebody else runs, and the environment in which an operator runs commands against it."""

    environment: Mapping[str, str]
    ports: Mapping[str, int]

    async def palaver(self, *arguments: str, without: str = "") -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "palaver.cli", *arguments),
            env={name: value for name, value in self.environment.items() if name != without},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def said(self, *arguments: str, without: str = "") -> tuple[int | None, str]:
        process = await self.palaver(*arguments, without=without)
        output, _ = await asyncio.wait_for(process.communicate(), READY_SECONDS)
        return process.returncode, output.decode()


@pytest_asyncio.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    secrets = Secrets().completed()
    nats = NatsServer(tmp_path / "nats", _documented_users(secrets))
    postgres = PostgresServer(tmp_path / "postgres", password=PASSWORD, fast=True)
    valkey = ValkeyServer(tmp_path / "valkey", password=PASSWORD, fast=True)
    await asyncio.gather(nats.start(), postgres.start(), valkey.start())
    ports = {name: free_port() for name in ("edge", "simulator", *SERVICES)}
    simulator = f"http://127.0.0.1:{ports['simulator']}"
    lines = (line.partition("=") for line in as_environment_file(secrets).splitlines() if not line.startswith("#"))
    environment = {name: value for name, _, value in lines} | {
        "PATH": os.environ["PATH"],
        "PALAVER_NATS__URL": nats.url,
        "PALAVER_REDIS__URL": valkey.url().get_secret_value(),
        "PALAVER_ADMIN_NATS__URL": nats.url,
        "PALAVER_ADMIN_DATABASE_URL": postgres.url().get_secret_value(),
        "PALAVER_GATEWAY_PORT": str(ports["edge"]),
        "PALAVER_SIMULATOR_PORT": str(ports["simulator"]),
        "PALAVER_MODEL_ROUTER_BASE_URLS": json.dumps(
            {"sim-openai": f"{simulator}/openai/v1", "sim-anthropic": f"{simulator}/anthropic"}
        ),
    }
    for service in map(load, SERVICES):
        prefix = f"PALAVER_{service.name.upper().replace('-', '_')}_"
        environment[f"{prefix}HEALTH__PORT"] = str(ports[service.name])
        if service.has_database:
            place = f"127.0.0.1:{postgres.port}/postgres"
            environment[f"{prefix}DATABASE__URL"] = f"postgresql://{role_of(service.name)}:its-own-password@{place}"
    yield Servers(environment, ports)
    await asyncio.gather(nats.stop(), postgres.stop(), valkey.stop())


async def test_every_service_is_served_alone_once_the_servers_are_migrated(servers: Servers) -> None:
    for _ in range(2):  # it may be repeated
        code, said = await servers.said("migrate")
        assert code == 0, said
    processes = {name: await servers.palaver("serve", name) for name in ("simulator", *SERVICES)}
    try:
        async with asyncio.timeout(READY_SECONDS):
            for service in SERVICES:
                await _until_ready(Probe(servers.ports[service], "/readyz"))
            await _until_ready(Probe(servers.ports["simulator"], "/healthz"))
        async with Palaver(f"http://127.0.0.1:{servers.ports['edge']}") as palaver:
            await palaver.rest.register("ada@example.org", "a long enough password", "Ada")
            room = await palaver.create_room(["sim-swift", "sim-spark"])
            answers = [await room.finished(reply) async for reply in room.ask("What makes a good question?")]
        assert sorted(answer.turn.model for answer in answers) == ["sim-spark", "sim-swift"]
        assert all(answer.text for answer in answers)
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(process.communicate() for process in processes.values()))
    assert {name: process.returncode for name, process in processes.items()} == dict.fromkeys(processes, 0)


async def test_a_service_whose_servers_are_not_prepared_names_the_remedy(servers: Servers) -> None:
    code, said = await servers.said("serve", "session")
    assert code == 1
    last = json.loads(said.splitlines()[-1])
    assert last["event"] == "service_failed"
    assert last["reason"].startswith("postgres refuses the login of session (28P01); run `palaver migrate`")
    assert "its-own-password" not in said


async def test_migrate_names_the_database_that_it_is_not_told(servers: Servers) -> None:
    code, said = await servers.said("migrate", without="PALAVER_SESSION_DATABASE__URL")
    assert code == 1
    assert said == "PALAVER_SESSION_DATABASE__URL is not set: it says how session logs in to its database.\n"


def _documented_users(secrets: Secrets) -> list[NatsUser]:
    users = [NatsUser(ADMIN, nkey_from_seed(secrets.nkey_seeds[ADMIN]).public, (">",), (">",))]
    for service, granted in json.loads(PERMISSIONS.read_text()).items():
        public = nkey_from_seed(secrets.nkey_seeds[service]).public
        publish, subscribe = tuple(granted["publish"]), tuple(granted["subscribe"])
        users.append(NatsUser(service, public, publish, subscribe, allow_responses=True))
    return users


async def _until_ready(ready: Probe) -> None:
    while not await ready():  # noqa: ASYNC110 - another process can only be asked
        await asyncio.sleep(POLL_SECONDS)
