"""`palaver doctor`: looks at everything that can be wrong on this machine and says what to do about it."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from palaver.cli.checkout import built_page
from palaver.cli.errors import CommandError
from palaver.cli.settings import UpSettings
from palaver.cli.up.home import Home
from palaver.cli.up.processes import Probe
from palaver.cli.up.running import Running, read_running
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.embedded import DataVersionError, EmbeddedServerError, binaries, is_free, require_own_data

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1024**3
GROUP_AND_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do when it is not `fine`."""

    what: str
    fine: bool
    remedy: str = ""

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"  ok     {self.what}" if self.fine else f"  WRONG  {self.what}: {self.remedy}"


async def examine(settings: UpSettings) -> int:
    """Print all findings; 1 if something is wrong."""
    home = Home(settings.home)
    running = read_running(home.running)
    findings = [*_installation(settings), *_home(home), *_data(settings, home), *_edge(settings, running)]
    if running is not None:
        findings += [await _service(name, port) for name, port in sorted(running.health_ports.items())]
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    return int(not all(finding.fine for finding in findings))


def _installation(settings: UpSettings) -> Iterator[Finding]:
    version = sys.version_info[:3]
    yield Finding(
        f"Python {'.'.join(map(str, version))}",
        version >= OLDEST_PYTHON,
        "install Python 3.11 or newer, then `make up`",
    )
    for program, explicit in (
        (binaries.NATS, settings.nats_binary),
        (binaries.POSTGRES, settings.postgres_binary),
        (binaries.VALKEY, settings.valkey_binary),
    ):
        yield _binary(program, explicit)
    for service in SERVICES:
        yield _importable(service)
    yield Finding("the web page is built", built_page() is not None, "`make page` says why not; the API works without")


def _binary(program: binaries.Program, explicit: Path | None) -> Finding:
    try:
        found = binaries.resolve(program, explicit)
    except EmbeddedServerError as error:
        return Finding(program.name, fine=False, remedy=str(error))
    return Finding(f"{program.name} {'.'.join(map(str, found.version))} ({found.path})", fine=True)


def _importable(service: str) -> Finding:
    try:
        import_module(f"palaver.{service.replace('-', '_')}.app")
    except ImportError as error:
        return Finding(f"service {service}", fine=False, remedy=f"{error}; run `make prepare`")
    return Finding(f"service {service}", fine=True)


def _home(home: Home) -> Iterator[Finding]:
    try:
        home.prepare()
    except CommandError as error:
        yield Finding("home", fine=False, remedy=str(error))
        return
    free = shutil.disk_usage(home.path).free
    yield Finding(
        f"home {home.path}, {free // 1024**2:,} MiB free", free >= LEAST_FREE_BYTES, "make room: 1 GiB is the least"
    )
    if home.secrets.exists():
        closed = not home.secrets.stat().st_mode & GROUP_AND_OTHERS
        yield Finding("the secrets are readable by their owner only", closed, f"chmod 600 {home.secrets}")


def _data(settings: UpSettings, home: Home) -> Iterator[Finding]:
    try:
        require_own_data(home.postgres, binaries.resolve(binaries.POSTGRES, settings.postgres_binary))
    except DataVersionError as error:
        yield Finding("the data fits the programs", fine=False, remedy=str(error))
    except EmbeddedServerError:
        return  # told with the programs
    else:
        yield Finding("the data fits the programs", fine=True)


def _edge(settings: UpSettings, running: Running | None) -> Iterator[Finding]:
    if running is not None:
        yield Finding(f"Palaver runs at {running.url} (process {running.pid})", fine=True)
        return
    yield Finding(
        f"port {settings.port} is free",
        is_free(settings.port),
        "end what listens there, or set PALAVER_PORT to another",
    )


async def _service(name: str, port: int) -> Finding:
    ready = await Probe(port, "/readyz")()
    return Finding(f"{name} is ready", ready, f"http://127.0.0.1:{port}/readyz and the log in the home say more")
