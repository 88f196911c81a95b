"""The simulator as a server inside the caller's event loop: for the launcher and for tests."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from types import TracebackType

import uvicorn

from palaver.simulator.app import build_app
from palaver.simulator.settings import SimulatorSettings
from palaver.simulator.stage import Stage

_KEEP_ALIVE_SECONDS = 120
"""Longer than any client keeps an idle connection, so that no request meets a closing one."""
_SHUTDOWN_SECONDS = 1


class _Quiet(uvicorn.Server):
    """Leaves signals to the process that it runs in."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


class SimulatorServer:
    """Start it, use `openai_url`, `anthropic_url`, `gemini_url` as base URLs, steer it through `stage`, stop it."""

    def __init__(self, settings: SimulatorSettings | None = None) -> None:
        self.settings = settings or SimulatorSettings(port=0)
        self.stage = Stage(self.settings)
        self._port = self.settings.port
        self._server: _Quiet | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{self.settings.host}:{self._port}"

    @property
    def openai_url(self) -> str:
        """The base URL to give to an OpenAI client."""
        return f"{self.url}/openai/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL to give to an Anthropic client, which adds `/v1` itself."""
        return f"{self.url}/anthropic"

    @property
    def gemini_url(self) -> str:
        """The base URL of the Gemini API, version included."""
        return f"{self.url}/gemini/v1beta"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        listener = socket.socket(socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.settings.host, self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]  # kept, so that a restart is found where it was
        config = uvicorn.Config(
            build_app(self.settings, self.stage),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        self._server = _Quiet(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="simulator")
        await self._server.listening.wait()

    async def stop(self) -> None:
        """Stop listening; running answers are cut after a second."""
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = True
        await self._serving
        self._server = self._serving = None

    async def wait(self) -> None:
        """Until it is stopped."""
        if self._serving is not None:
            await asyncio.shield(self._serving)

    async def __aenter__(self) -> "SimulatorServer":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
