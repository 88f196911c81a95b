"""Starting, running and stopping a service, inside a process and as one."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from palaver.servicekit.embedded import Nkey
from palaver.servicekit.health import Health, HealthServer, Phase
from palaver.servicekit.routes import answer
from palaver.servicekit.service import Service, run
from palaver.servicekit.settings import HealthSettings
from palaver.servicekit.telemetry import registry_for
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor, KitFor, Running
from palaver.servicekit.testing.notes import COUNT, Count, Note, until


class Recorded:
    """A resource that tells in which order things happen."""

    def __init__(self, name: str, told: list[str], *, breaks: bool = False) -> None:
        self._name, self._told, self._breaks = name, told, breaks

    async def start(self) -> None:
        self._told.append(f"start {self._name}")
        if self._breaks:
            raise RuntimeError("cannot start")

    async def stop(self) -> None:
        self._told.append(f"stop {self._name}")
        if self._breaks:
            raise RuntimeError("cannot stop")


async def test_everything_stops_in_the_reverse_order(kit_for: KitFor, running: Running, broker_for: BrokerFor) -> None:
    told: list[str] = []
    asker = await broker_for("asker")

    async def loop() -> None:
        told.append("loop")
        try:
            await asyncio.Event().wait()
        finally:
            told.append("loop ends")

    async def count(note: Note) -> Count:
        return Count(number=1)

    async def hand_over() -> None:
        assert (await asker.ask(COUNT, Note(text="still answering?"))).number == 1
        told.append("hand over")

    service = Service(
        "notes",
        (answer(COUNT, count),),
        resources=(Recorded("one", told), Recorded("two", told)),
        tasks={"loop": loop},
        on_stop=hand_over,
    )
    kit = await kit_for("notes")
    async with running(service, kit):
        assert kit.health.ready
        await until(lambda: told == ["start one", "start two", "loop"])
    assert kit.health.phase is Phase.STOPPING
    assert told == ["start one", "start two", "loop", "hand over", "loop ends", "stop two", "stop one"]


async def test_what_was_started_is_stopped_when_the_next_cannot_start(kit_for: KitFor, running: Running) -> None:
    told: list[str] = []
    resources = (Recorded("one", told), Recorded("two", told, breaks=True), Recorded("three", told))
    with pytest.raises(RuntimeError, match="cannot start"):
        async with running(Service("notes", (), resources=resources), await kit_for("notes")):
            pass
    assert told == ["start one", "start two", "stop two", "stop one"]


async def test_a_service_whose_broker_went_away_before_it_began_ends_when_told(
    kit_for: KitFor, nats_server: RunningNats
) -> None:
    told: list[str] = []
    kit, stop = await kit_for("notes"), asyncio.Event()
    await nats_server.stop()
    try:
        await until(lambda: not kit.broker.up)
        life = asyncio.create_task(run(Service("notes", (), resources=(Recorded("one", told),)), kit, stop))
        await until(lambda: told == ["start one"])
        stop.set()
        async with asyncio.timeout(20):
            await life
    finally:
        await nats_server.start()
    assert told == ["start one", "stop one"]
    assert kit.health.phase is Phase.STOPPING


async def test_a_loop_that_raises_is_run_again_and_counted(kit_for: KitFor, running: Running) -> None:
    runs = 0

    async def loop() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise RuntimeError("bug")
        await asyncio.Event().wait()

    kit = await kit_for("notes")
    async with running(Service("notes", (), tasks={"fragile": loop}), kit):
        await until(lambda: runs == 3)
    assert kit.metrics.get_sample_value("palaver_task_failures_total", {"task": "fragile"}) == 2


async def test_a_hand_over_that_hangs_is_cut(kit_for: KitFor, running: Running) -> None:
    told: list[str] = []

    async def hang() -> None:
        await asyncio.Event().wait()

    service = Service("notes", (), resources=(Recorded("one", told),), on_stop=hang, drain_seconds=0.2)
    async with running(service, await kit_for("notes")):
        pass
    assert told == ["start one", "stop one"]


async def test_two_services_share_a_process_without_sharing_figures(kit_for: KitFor, running: Running) -> None:
    async def count(note: Note) -> Count:
        return Count(number=1)

    one, two = await kit_for("notes"), await kit_for("others")
    async with (
        running(Service("notes", (answer(COUNT, count),)), one),
        running(Service("others", ()), two),
    ):
        await two.broker.ask(COUNT, Note(text="x"))
        labels = {"subject": COUNT.address.stem, "outcome": "done"}
        await until(lambda: one.metrics.get_sample_value("palaver_messages_handled_total", labels) == 1)
    assert two.metrics.get_sample_value("palaver_messages_handled_total", labels) is None


async def test_health_says_where_in_its_life_a_service_is() -> None:
    health = Health()
    metrics = registry_for("notes", "palaver-servicekit")
    server = HealthServer(HealthSettings(port=0), health, metrics)
    await server.start()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        health.phase = Phase.READY
        health.dependencies = {"postgres": False}
        ready = await client.get("/readyz")
        assert ready.status_code == 200  # a dependency that is down is no reason to be replaced
        assert ready.json() == {"phase": "ready", "dependencies": {"postgres": False}}
        scraped = (await client.get("/metrics")).text
        assert "palaver_build_info{" in scraped
        assert 'service="notes"' in scraped
        assert "process_resident_memory_bytes" in scraped
    await server.stop()


async def test_a_taken_health_port_is_an_error_of_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = HealthSettings(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await HealthServer(settings, Health(), CollectorRegistry()).start()


PROGRAM = """
import asyncio, sys
from palaver.servicekit.main import serve
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.settings import ServiceSettings, service_config

class Settings(ServiceSettings):
    model_config = service_config("notes")

def build(settings: Settings, kit: Kit) -> Service:
    async def work() -> None:
        print("working on", type(asyncio.get_running_loop()).__module__, flush=True)
        await asyncio.Event().wait()
    async def hand_over() -> None:
        print("handed over", flush=True)
    return Service("notes", (), tasks={"work": work}, on_stop=hand_over)

sys.exit(serve(build, Settings))
"""


async def _program(tmp_path: Path, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PALAVER_NOTES_HEALTH__PORT": "0", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_process_ends_in_order_when_told(
    number: signal.Signals, tmp_path: Path, nats_server: RunningNats, nats_admin: Nkey
) -> None:
    seed = nats_admin.seed.get_secret_value()
    process = await _program(tmp_path, PALAVER_NATS__URL=nats_server.url, PALAVER_NOTES_NATS__NKEY_SEED=seed)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert await process.stdout.readline() == b"working on uvloop\n"
        process.send_signal(number)
        out, errors = await process.communicate()
    assert out == b"handed over\n"
    assert process.returncode == 0
    assert b'"event": "service_stopped"' in errors
    assert seed.encode() not in errors


async def test_a_process_that_waits_for_its_broker_ends_when_told_and_said_why_it_waited(tmp_path: Path) -> None:
    process = await _program(tmp_path, PALAVER_NATS__URL="nats://127.0.0.1:1")
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while b"broker_unreachable" not in (line := await process.stderr.readline()):
            assert line
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0


async def test_wrong_settings_end_a_process_with_one_clear_line(tmp_path: Path) -> None:
    process = await _program(tmp_path, PALAVER_NOTES_DRAIN_SECONDS="soon")
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.decode().startswith("PALAVER_NOTES_DRAIN_SECONDS: Input should be a valid number")
