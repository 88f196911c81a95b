"""The embedded servers start, come back, refuse what they must, and never outlive their launcher."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest
from nats.errors import Error as NatsError
from pydantic import SecretStr

from palaver.servicekit.embedded import (
    BinaryMissingError,
    DataVersionError,
    Death,
    NatsServer,
    NatsUser,
    PortTakenError,
    PostgresServer,
    StartFailedError,
    ValkeyServer,
    new_nkey,
    supervise,
)

Server = NatsServer | PostgresServer | ValkeyServer
PASSWORD = SecretStr("secret")
ALL = ("nats", "postgres", "valkey")

LAUNCHER = """
import asyncio, sys
from pathlib import Path
from pydantic import SecretStr
from palaver.servicekit.embedded import NatsServer, PostgresServer, ValkeyServer

async def main():
    home = Path(sys.argv[1])
    password = SecretStr("secret")
    servers = (
        NatsServer(home / "nats", ()),
        PostgresServer(home / "postgres", password=password, fast=True),
        ValkeyServer(home / "valkey", password=password),
    )
    await asyncio.gather(*(server.start() for server in servers))
    print(*(server.pid for server in servers), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def _server(kind: str, directory: Path, port: int | None = None) -> Server:
    match kind:
        case "nats":
            return NatsServer(directory / kind, (), port=port)
        case "postgres":
            return PostgresServer(directory / kind, password=PASSWORD, port=port, fast=True)
        case _:
            return ValkeyServer(directory / kind, password=PASSWORD, port=port)


@pytest.fixture(params=[0o755, 0o700], ids=["open", "closed"])
def home(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory that other users can, or cannot, pass: a root launcher runs PostgreSQL in another way in each."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(request.param)
        yield Path(directory)


@pytest.mark.parametrize("kind", ALL)
async def test_a_killed_server_comes_back_on_its_port_and_it_is_said(kind: str, tmp_path: Path) -> None:
    server = _server(kind, tmp_path)
    await server.start()
    deaths: list[Death] = []
    watching = asyncio.create_task(supervise(server, deaths.append))
    first = server.pid
    os.kill(first, signal.SIGKILL)
    while server.pid == first or not _listens(server):  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.02)
    watching.cancel()
    assert [(death.name, death.exit_code) for death in deaths[:1]] == [(server.name, -signal.SIGKILL)]
    await server.stop()


@pytest.mark.parametrize("kind", ALL)
async def test_a_taken_port_is_one_clear_sentence(kind: str, tmp_path: Path) -> None:
    holder = ValkeyServer(tmp_path / "holder", password=PASSWORD)
    await holder.start()
    with pytest.raises(PortTakenError, match=rf"^Port {holder.port} for .+ is taken by another program\.$"):
        await _server(kind, tmp_path, holder.port).start()
    await holder.stop()


async def test_data_of_another_major_version_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres-12").mkdir()
    with pytest.raises(DataVersionError, match="holds data of PostgreSQL 12, but the program is version"):
        await PostgresServer(tmp_path, password=PASSWORD).start()


async def test_a_program_that_is_too_old_is_one_clear_sentence(tmp_path: Path) -> None:
    old = _program(tmp_path / "old", "echo nats-server: v2.9.10")
    with pytest.raises(BinaryMissingError, match=r"but it is version 2\.9\.10: 2\.14 or newer is needed\.$"):
        await NatsServer(tmp_path, (), binary=old).start()


async def test_a_failed_start_quotes_its_own_run_only(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, ())
    await server.start()
    await server.stop()
    broken = _program(tmp_path / "broken", "[ $1 = --version ] && echo v2.14.0 || echo The disk is full.")
    with pytest.raises(StartFailedError, match=r"^nats-server ended while starting: The disk is full\.$"):
        await NatsServer(tmp_path, (), binary=broken).start()


async def test_a_missing_binary_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(BinaryMissingError, match="was given as the nats-server program, but it cannot be run"):
        await NatsServer(tmp_path, (), binary=tmp_path / "absent").start()


async def test_data_survives_a_stop(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, password=PASSWORD)
    await server.start()
    connection = await asyncpg.connect(server.url().get_secret_value())
    await connection.execute("create table kept as select 7 as n")
    await connection.close()
    await server.stop()
    again = PostgresServer(tmp_path, password=PASSWORD)
    await again.start()
    connection = await asyncpg.connect(again.url().get_secret_value())
    assert await connection.fetchval("select n from kept") == 7
    await connection.close()
    await again.stop()


async def test_nothing_outlives_a_killed_launcher(home: Path) -> None:
    launcher, servers = _launch(home)
    launcher.kill()
    launcher.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, servers, timeout=10)
    assert alive == []


@pytest.mark.skipif(os.geteuid() != 0, reason="who is no root tests this everywhere else")
async def test_an_ordinary_user_can_run_all_servers(tmp_path: Path) -> None:
    launcher, servers = _launch(tmp_path, "unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
    assert all(server.is_running() for server in servers)
    launcher.kill()
    launcher.wait()
    await asyncio.to_thread(psutil.wait_procs, servers, timeout=10)


async def test_an_unknown_key_cannot_connect(tmp_path: Path) -> None:
    known, unknown = new_nkey(), new_nkey()
    server = NatsServer(tmp_path, [NatsUser("known", known.public, ("a",), ("a",))])
    await server.start()
    client = await nats.connect(server.url, nkeys_seed_str=known.seed.get_secret_value())
    await client.close()
    with pytest.raises(NatsError):
        await _connect_once(server.url, unknown.seed)
    assert known.seed.get_secret_value() not in (tmp_path / "nats-server.conf").read_text()
    await server.stop()


async def test_new_users_are_in_force_without_a_restart(tmp_path: Path) -> None:
    server, added = NatsServer(tmp_path, []), new_nkey()
    await server.start()
    pid = server.pid
    await server.set_users([NatsUser("added", added.public, ("a",), ("a",))])
    client = await nats.connect(server.url, nkeys_seed_str=added.seed.get_secret_value())
    await client.close()
    assert server.pid == pid
    with pytest.raises(StartFailedError, match="refused its new configuration"):
        await server.set_users([NatsUser("broken", "not-a-key")])
    await server.stop()


def _program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def _connect_once(url: str, seed: SecretStr) -> None:
    async def quiet(_: Exception) -> None:
        return

    await nats.connect(url, nkeys_seed_str=seed.get_secret_value(), allow_reconnect=False, error_cb=quiet)


def _listens(server: Server) -> bool:
    try:
        return any(item.laddr.port == server.port for item in psutil.Process(server.pid).net_connections("tcp4"))
    except psutil.Error:
        return False


def _launch(home: Path, *prefix: str) -> tuple[subprocess.Popen[str], Sequence[psutil.Process]]:
    launcher = subprocess.Popen([*prefix, sys.executable, "-c", LAUNCHER, str(home)], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    pids = launcher.stdout.readline().split()
    assert len(pids) == len(ALL)
    return launcher, [psutil.Process(int(pid)) for pid in pids]


@pytest.mark.parametrize("kind", ALL)
async def test_what_an_earlier_launcher_left_running_is_ended_first(kind: str, tmp_path: Path) -> None:
    left_over = _server(kind, tmp_path)
    await left_over.start()
    server = _server(kind, tmp_path, left_over.port)
    await server.start()
    assert await left_over.wait() is not None
    assert psutil.pid_exists(server.pid)
    await server.stop()
