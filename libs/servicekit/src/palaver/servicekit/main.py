"""`python -m palaver.<service>`: one service in one process, from its settings to its end."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
import uvloop
from pydantic import ValidationError

from palaver.servicekit import telemetry
from palaver.servicekit.collector import forget_what_is_built
from palaver.servicekit.errors import BrokerDenied, NotProvisioned
from palaver.servicekit.kit import open_kit
from palaver.servicekit.service import Kit, Service, run
from palaver.servicekit.settings import ServiceSettings, mistakes

S = TypeVar("S", bound=ServiceSettings)
Build = Callable[[S, Kit], Service]

EXIT_SETTINGS = 2
EXIT_FAILED = 1

_log = structlog.get_logger()


def serve(build: Build[S], settings_type: type[S]) -> int:
    """Run one service until SIGTERM or SIGINT; a second signal ends it at once. Returns the exit code.

    Use as `sys.exit(serve(build, Settings))`.
    """
    settings = load(settings_type)
    if settings is None:
        return EXIT_SETTINGS
    telemetry.setup(settings.telemetry)
    return run_in_loop(until_stopped(build, settings))


def load(settings_type: type[S]) -> S | None:
    """Settings from the environment; when they are wrong, one clear line per mistake on stderr and None."""
    try:
        return settings_type()
    except ValidationError as error:
        sys.stderr.write("".join(f"{line}\n" for line in mistakes(settings_type, error)))
        return None


def run_in_loop(work: Coroutine[Any, Any, int]) -> int:
    """Run on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def until_stopped(build: Build[S], settings: S) -> int:
    """Build and run the service until a signal comes; 0 after an orderly end."""
    stop, opened = asyncio.Event(), asyncio.Event()
    life = asyncio.ensure_future(_live(build, settings, stop, opened))
    _on_signals(stop, opened, life)
    try:
        await life
    except asyncio.CancelledError:
        return 0 if stop.is_set() else EXIT_FAILED
    except (BrokerDenied, NotProvisioned) as error:  # the operator's to put right: where it was raised helps nobody
        _log.critical("service_failed", service=settings.service_name(), reason=str(error))
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the process's last word
        _log.critical("service_failed", service=settings.service_name(), exc_info=error)
        return EXIT_FAILED
    return 0


async def _live(build: Build[S], settings: S, stop: asyncio.Event, opened: asyncio.Event) -> None:
    async with open_kit(settings) as kit:
        opened.set()
        service = build(settings, kit)
        forget_what_is_built()
        await run(service, kit, stop)


def _on_signals(stop: asyncio.Event, opened: asyncio.Event, life: "asyncio.Future[None]") -> None:
    def asked() -> None:
        # The second signal, or the first one while still waiting for the broker: there is nothing to hand over.
        if stop.is_set() or not opened.is_set():
            life.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
