"""Prometheus scrapes the running product: every panel has something to show, and faults in it ring the bell."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import nats
import psutil
import pytest
import pytest_asyncio

import observability_files
import observability_rules
from palaver.cli.testing.stack import PASSWORD
from palaver.cli.testing.watchers import Watcher, alertmanager, ended, prometheus, until, webhook
from palaver.cli.up.home import Home
from palaver.cli.up.running import Running, read_running
from palaver.cli.up.secret_store import ADMIN, load_or_make
from palaver.client import Palaver
from palaver.contracts.ids import new_id
from palaver.contracts.streams import EVENTS
from palaver.servicekit.embedded import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

DEFINITION = observability_files.definition()
NAME = re.compile(r"\bpalaver_[a-z_]+?(?=(?:_bucket)?[{\[)])")
START_SECONDS = 180.0
PATIENCE_SECONDS = 90.0
AT_ONCE = "1s"
"""What every alert waits for here, in place of its minutes."""


@dataclass
class Scene:
    """The product as `palaver up --processes`, and who watches it."""

    home: Home
    running: Running
    watcher: Watcher
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def process(self, service: str) -> psutil.Process:
        """The one that runs a service now."""
        module = f"palaver.{service.replace('-', '_')}"
        children = psutil.Process(self.running.pid).children(recursive=True)
        return next(child for child in children if child.cmdline()[-1:] == [module])

    @asynccontextmanager
    async def frozen(self, pid: int) -> AsyncGenerator[None]:
        """A process stands still within the block."""
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def rings(self, alert: str, **labels: str) -> None:
        """Wait until the webhook is told that it fires, with its runbook."""
        await until(lambda: self._told(alert, "firing", labels), f"{alert} does not fire", PATIENCE_SECONDS)

    async def ends(self, alert: str, **labels: str) -> None:
        """Wait until the webhook is told that it is over."""
        await until(lambda: self._told(alert, "resolved", labels), f"{alert} does not end", PATIENCE_SECONDS)

    def _told(self, alert: str, status: str, labels: dict[str, str]) -> bool:
        wanted = {"alertname": alert, **labels}
        return any(one["status"] == status and wanted.items() <= one["labels"].items() for one in self.told)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    directory: Path = tmp_path_factory.mktemp("watched")
    rules = directory / "rules.yml"
    rules.write_text(observability_rules.yaml(DEFINITION.rules(hold=AT_ONCE)), encoding="utf-8")
    told: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        home = Home(directory / "home")
        # Whoever watches comes first: where that is not installed nothing else need start.
        hook = await stack.enter_async_context(webhook(told))
        bell = await stack.enter_async_context(alertmanager(directory, hook))
        watcher = await stack.enter_async_context(prometheus(directory, home.targets, rules, bell))
        running = await stack.enter_async_context(_up(home))
        yield Scene(home, running, watcher, told)


@asynccontextmanager
async def _up(home: Home) -> AsyncGenerator[Running]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PALAVER_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "palaver.cli", "up", "--processes"),
        env={**inherited, "PALAVER_HOME": str(home.path), "PALAVER_PORT": str(free_port())},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(home.targets.exists, "palaver up", START_SECONDS)
        running = read_running(home.running)
        assert running is not None
        yield running
    finally:
        await ended(process)


async def person(scene: Scene) -> Palaver:
    """Somebody new."""
    palaver = Palaver(scene.running.url)
    await palaver.rest.register(f"ada-{new_id()}@example.org", PASSWORD, "Ada")
    return palaver


async def said(palaver: Palaver, *models: str, text: str = "What makes a good question?") -> None:
    """A round from beginning to end."""
    room = await palaver.create_room(list(models))
    async for reply in room.ask(text):
        await room.finished(reply)


async def test_every_panel_has_something_to_show_and_every_alert_is_judged(scene: Scene) -> None:
    async with await person(scene) as ada:
        for _ in range(3):
            await said(ada, "sim-swift", "sim-sage")
            await asyncio.sleep(1)  # one scrape between rounds, so that there is something to compare
        queries = [
            (f"{board.title}: {panel.title}", expr.replace("$__rate_interval", "1m"), panel.zero)
            for board in observability_files.defined_dashboards()
            for panel in board.panels
            for expr, _ in panel.queries
        ]
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        empty = queries
        while empty and asyncio.get_running_loop().time() < deadline:
            empty = [query for query in empty if not await _shows(scene, *query[1:])]
            await asyncio.sleep(1)
        assert not empty
    groups = (await scene.watcher.get("/api/v1/rules"))["groups"]
    judged = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in judged if rule["type"] == "alerting"} == {one.name for one in DEFINITION.alerts}
    assert {(rule["health"], rule.get("lastError", "")) for rule in judged} == {("ok", "")}


async def _shows(scene: Scene, expr: str, zero: bool) -> bool:  # noqa: FBT001 - the last column of a query
    """Whether it has values; where a healthy installation has none, whether what it reads is really scraped."""
    if (await scene.watcher.get("/api/v1/query", query=expr))["result"]:
        return True
    scraped = [await scene.watcher.get("/api/v1/metadata", metric=name) for name in NAME.findall(expr)]
    return zero and all(scraped)


async def test_a_provider_that_misbehaves_rings(scene: Scene) -> None:
    """Its model's breaker opens, and most of its calls fail."""
    async with await person(scene) as ada, httpx2.AsyncClient(base_url=str(scene.running.simulator_url)) as control:
        fault = {"model": "sim-scout", "kind": "server_error", "count": 1_000}
        (await control.post("/control/faults", json=fault)).raise_for_status()
        try:
            async with _repeated(lambda: said(ada, "sim-scout")), _repeated(lambda: said(ada, "sim-scout")):
                await scene.rings("ModelUnwell", model="sim-scout", severity="ticket")
                await scene.rings("ProviderFails", severity="page")
        finally:
            (await control.delete("/control/faults")).raise_for_status()


async def test_a_killed_worker_rings_and_its_turn_is_answered(scene: Scene) -> None:
    async with await person(scene) as ada:
        room = await ada.create_room(["sim-oak"])
        answer = room.ask("Tell me slowly, please.")
        reply = await anext(answer)
        async for _ in room.pieces(reply):
            break  # it speaks
        scene.process("model-router").kill()
        await scene.rings("WorkersDie", severity="page")
        assert (await room.finished(reply)).status == "completed"


async def test_a_service_that_stands_still_rings(scene: Scene) -> None:
    async with scene.frozen(scene.process("analytics").pid):
        await scene.rings("TargetDown", service="analytics", severity="page")
        await scene.rings("ServiceAbsent", service="analytics", severity="page")
    await scene.ends("TargetDown", service="analytics")


async def test_a_store_that_stands_still_rings(scene: Scene) -> None:
    async with scene.frozen(scene.running.servers["valkey"]["pid"]):
        await scene.rings("DependencyDown", dependency="redis", service="gateway", severity="page")
    await scene.ends("DependencyDown", dependency="redis", service="gateway")


async def test_a_broker_that_takes_no_events_rings_and_nothing_is_lost(scene: Scene) -> None:
    """What is committed waits in its table, and goes out by itself when the stream is back."""
    async with await person(scene) as ada:
        room = await ada.create_room(["sim-swift"])
        async with _no_events(scene):
            posting = asyncio.create_task(said(ada, "sim-swift"))
            await scene.rings("OutboxStalled", service="session", severity="page")
        await posting
        await scene.ends("OutboxStalled", service="session")
        await ada.leave(room)


@asynccontextmanager
async def _no_events(scene: Scene) -> AsyncGenerator[None]:
    """The stream of events is there, and stores none."""
    seed = load_or_make(scene.home.secrets).nkey_seeds[ADMIN].get_secret_value()
    server = f"nats://127.0.0.1:{scene.running.servers['nats-server']['port']}"
    async with await nats.connect(server, nkeys_seed_str=seed) as broker:  # pyright: ignore[reportGeneralTypeIssues]
        streams = broker.jsm()
        config = (await streams.stream_info(EVENTS.name)).config
        await streams.update_stream(config.evolve(subjects=["evt.nobody.says.this"]))
        try:
            yield
        finally:
            await streams.update_stream(config)


@asynccontextmanager
async def _repeated(act: Callable[[], Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    """Do it again and again within the block."""

    async def for_ever() -> None:
        while True:
            await act()

    doing = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
