"""Prometheus and Alertmanager as an operator runs them, and a webhook that keeps the alerts that it is told of."""

import asyncio
import json
import os
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from palaver.servicekit.embedded import LOOPBACK, free_port

READY_SECONDS = 60.0
PAUSE_SECONDS = 0.2
STOP_SECONDS = 10.0
ANSWER_SECONDS = 10.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by a proxy: it is on this machine
PROMETHEUS = ("prometheus",)
ALERTMANAGER = ("prometheus-alertmanager", "alertmanager")  # Debian's name first
PROMTOOL = ("promtool",)


def installed(names: Sequence[str]) -> str:
    """The path of a program. Where there is none the test is skipped aloud; in CI that is a failure."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is not None:
        return found
    sentence = f"{names[0]} is not installed: apt-get install prometheus prometheus-alertmanager"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    sys.stderr.write(f"\nSKIPPED: {sentence}\n")
    pytest.skip(sentence)


class Watcher:
    """One of them, running."""

    def __init__(self, place: str) -> None:
        self._place = place

    async def get(self, path: str, **parameters: str) -> Any:
        """The `data` of its answer."""
        return (await asyncio.to_thread(self._get, path, parameters))["data"]

    async def ready(self) -> None:
        """Wait until it serves."""
        async with asyncio.timeout(READY_SECONDS):
            while not await asyncio.to_thread(self._is_ready):  # noqa: ASYNC110 - another process
                await asyncio.sleep(PAUSE_SECONDS)

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        query = urllib.parse.urlencode(parameters)
        with _OPENER.open(f"http://{self._place}{path}?{query}", timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)

    def _is_ready(self) -> bool:
        try:
            with _OPENER.open(f"http://{self._place}/-/ready", timeout=ANSWER_SECONDS):
                return True
        except OSError:
            return False


@asynccontextmanager
async def webhook(told: list[dict[str, Any]]) -> AsyncGenerator[str]:
    """Gives its address; each alert that comes is appended to `told`, with its `status`, `labels`, `annotations`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                body = await reader.readexactly(int(headers[b"content-length"]))
                told.extend(json.loads(body)["alerts"])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # that was all
        finally:
            writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


@asynccontextmanager
async def alertmanager(directory: Path, hook: str) -> AsyncGenerator[str]:
    """Gives its host and port; it tells `hook` of each alert at once."""
    port = free_port()
    route = {
        "receiver": "hook",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1h",
    }
    receivers = [{"name": "hook", "webhook_configs": [{"url": hook, "send_resolved": True}]}]
    (directory / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": receivers}))  # YAML has JSON
    place = f"{LOOPBACK}:{port}"
    command = (
        installed(ALERTMANAGER),
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address={place}",
        "--cluster.listen-address=",
    )
    async with _running(command, directory / "alertmanager.log", place):
        yield place


@asynccontextmanager
async def prometheus(directory: Path, targets: Path, rules: Path, alerts_to: str) -> AsyncGenerator[Watcher]:
    """It scrapes the `targets` of a file every second, and judges its rules as often."""
    place = f"{LOOPBACK}:{free_port()}"
    discovery = {"files": [str(targets)], "refresh_interval": "1s"}
    config: dict[str, Any] = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alerts_to]}]}]},
        "scrape_configs": [{"job_name": "palaver", "file_sd_configs": [discovery]}],
    }
    (directory / "prometheus.yml").write_text(json.dumps(config))
    command = (
        installed(PROMETHEUS),
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address={place}",
    )
    async with _running(command, directory / "prometheus.log", place) as watcher:
        yield watcher


@asynccontextmanager
async def _running(command: Sequence[str], log: Path, place: str) -> AsyncGenerator[Watcher]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    watcher = Watcher(place)
    try:
        await watcher.ready()
        yield watcher
    finally:
        await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Have it end, and wait for that."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def until(holds: Callable[[], bool], what: str, seconds: float) -> None:
    """Look until it is so. Raises TimeoutError with `what`."""
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - alerts come from outside
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        raise TimeoutError(what) from None
