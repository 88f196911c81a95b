"""Is this service alive, is it ready, and what does it count? /healthz, /readyz and /metrics on a small server."""

import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from enum import StrEnum

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from palaver.servicekit.settings import HealthSettings
from palaver.servicekit.tasks import TaskSet

STOP_SECONDS = 1
KEEP_ALIVE_SECONDS = 5

_log = structlog.get_logger()


class Phase(StrEnum):
    """Where a service is in its life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Health:
    """What a service says about itself. Ready means: it takes work; a dependency that is down does not change that."""

    def __init__(self) -> None:
        self.phase = Phase.STARTING
        self.dependencies: Mapping[str, bool] = {}

    @property
    def ready(self) -> bool:
        """Whether it takes work."""
        return self.phase is Phase.READY


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: when to stop is decided once per process, in `main.py`."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class HealthServer:
    """Serves one service's `Health` and metrics. A `Resource`; does nothing when disabled in the settings."""

    def __init__(self, settings: HealthSettings, health: Health, metrics: CollectorRegistry) -> None:
        self._settings = settings
        self._health = health
        self._metrics = metrics
        self._server: uvicorn.Server | None = None
        self._tasks = TaskSet("health")
        self.port = settings.port

    async def start(self) -> None:
        """Listen; `port` then says where. Raises OSError when the port is taken."""
        if not self._settings.enabled:
            return
        listener = socket.create_server((self._settings.host, self._settings.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(config)
        self._tasks.spawn(self._server.serve(sockets=[listener]))
        _log.info("health_served", host=self._settings.host, port=self.port)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.should_exit = True
            await self._tasks.join(2 * STOP_SECONDS)
            await self._tasks.cancel()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
                Route("/metrics", self._scrape),
            ]
        )

    async def _healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readyz(self, _request: Request) -> Response:
        body = {"phase": self._health.phase, "dependencies": dict(self._health.dependencies)}
        return JSONResponse(body, status_code=200 if self._health.ready else 503)

    async def _scrape(self, _request: Request) -> Response:
        return Response(generate_latest(self._metrics), media_type=CONTENT_TYPE_LATEST)
