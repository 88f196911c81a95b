"""A connection to NATS that heals by itself: connecting, noticing that the broker went away or came back, ending.

What is said over it is in `broker.py`.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Self

import nats.errors
import structlog
from nats.aio.client import Server

from palaver.servicekit.errors import BrokerDenied, Unavailable
from palaver.servicekit.figures import Figures, Sample
from palaver.servicekit.metrics import BROKER
from palaver.servicekit.nats_client import LastingClient
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.tasks import TaskSet, backoff_seconds

NATS = "nats"
"""The broker's name as a dependency."""

FIRST_RECONNECT_PAUSE_SECONDS = 0.05
MAX_RECONNECT_PAUSE_SECONDS = 2.0
CONNECT_PAUSE_SECONDS = 0.25
DRAIN_TIMEOUT_SECONDS = 2
COMPLAINT_INTERVAL_SECONDS = 5.0
"""A broker that stays away is complained about at this pace, not at the pace of the attempts."""
MAX_DENIALS_KEPT = 100
GAP_SETTLE_SECONDS = 0.2
"""Slow-consumer errors come one per dropped message; this long is waited so that one repair serves them all."""


class Connection:
    """One service's connection. Made by `connect`."""

    def __init__(self, settings: BrokerSettings, service: str, label: str) -> None:
        self.nc = LastingClient()
        self.service = service
        self.settings = settings
        self.name = f"{service}.{label}" if label else service
        self.log = structlog.get_logger().bind(service=service, connection=self.name)
        self._tasks = TaskSet(f"{self.name}.broker")
        self._reconnect_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._gap_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._listeners: dict[object, Callable[[], None]] = {}
        self._gap_pending = False
        self._denied: set[str] = set()
        self._complained_at = -COMPLAINT_INTERVAL_SECONDS

    @classmethod
    async def connect(cls, settings: BrokerSettings, *, service: str, label: str = "") -> Self:
        """Connect, however long it takes; while the broker is away a warning is logged every few seconds.

        `label` tells several connections of one service apart. All share the inbox prefix `_INBOX_<service>`, which
        is what the service's permissions let it subscribe to.
        """
        connection = cls(settings, service, label)
        await connection._connect()
        return connection

    async def _connect(self) -> None:
        seed = self.settings.nkey_seed
        tls = ssl.create_default_context(cafile=str(self.settings.ca_file)) if self.settings.ca_file else None
        await self.nc.connect(
            servers=self.settings.url.split(","),
            name=self.name,
            inbox_prefix=inbox_prefix(self.service),
            nkeys_seed_str=seed.get_secret_value() if seed else None,
            tls=tls,
            max_reconnect_attempts=-1,
            reconnect_time_wait=CONNECT_PAUSE_SECONDS,  # pyright: ignore[reportArgumentType]  # a float works; annotated as int
            reconnect_to_server_handler=_next_server,
            connect_timeout=self.settings.connect_timeout_seconds,  # pyright: ignore[reportArgumentType]  # as above
            ping_interval=self.settings.ping_interval_seconds,  # pyright: ignore[reportArgumentType]  # as above
            pending_size=self.settings.max_pending_bytes,
            drain_timeout=DRAIN_TIMEOUT_SECONDS,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
        )
        self.log.info("broker_connected")

    @property
    def up(self) -> bool:
        """Whether the broker can be talked to right now, as far as the connection knows."""
        return self.nc.is_connected and not self.nc.is_closed

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call back, in a task of its own, after each reconnect: what was said meanwhile on core NATS is lost."""
        self._reconnect_callbacks.append(callback)

    def on_gap(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call back when core messages may be missing: after a reconnect, and after a slow-consumer error."""
        self._gap_callbacks.append(callback)

    def listen(self, reconnected: Callable[[], None]) -> Callable[[], None]:
        """Like `on_reconnect`, synchronous and with an end: call the result to stop listening."""
        key = object()
        self._listeners[key] = reconnected

        def forget() -> None:
            self._listeners.pop(key, None)

        return forget

    def show(self, figures: Figures) -> None:
        """See `Measured`; messages that are heard directly, deltas, are not among them."""
        for counter, figure in BROKER.items():
            figures.read(figure, lambda counter=counter: [Sample(self.nc.stats[counter])])

    async def ping(self) -> None:
        """One round trip. Raises Unavailable."""
        if not self.up:
            raise Unavailable(NATS, "not connected")
        try:
            await self.nc.flush(timeout=1)
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise Unavailable(NATS, str(error)) from error

    async def check_permissions(self) -> None:
        """Make sure that everything said so far was allowed. Raises BrokerDenied naming the first refused subject."""
        await self.ping()
        if self._denied:
            raise BrokerDenied(f"{self.name}: {min(self._denied)}")

    async def drain(self) -> None:
        """Let queued callbacks finish, flush and close."""
        if self.nc.is_closed:
            return
        await self._tasks.cancel()
        if self.up and not self.nc.is_draining:
            await self.nc.drain()
        await self.nc.close()

    async def close(self) -> None:
        """Close at once."""
        await self._tasks.cancel()
        await self.nc.close()

    def raise_if_denied(self, subject: str) -> None:
        """Raise BrokerDenied if the broker has refused this subject."""
        for complaint in self._denied:
            if f'"{subject.lower()}"' in complaint:
                raise BrokerDenied(f"{self.name}: {complaint}")

    async def _on_error(self, error: Exception) -> None:
        text = str(error)
        if "permissions violation" in text:
            if len(self._denied) < MAX_DENIALS_KEPT:
                self._denied.add(text)
            self.log.error("broker_denied", error=text)
        elif isinstance(error, nats.errors.SlowConsumerError):
            self.log.warning("broker_slow_consumer", subject=error.subject)
            self._announce_gap()
        elif self.nc.is_connected and not isinstance(error, nats.errors.StaleConnectionError | OSError):
            self.log.error("broker_callback_failed", exc_info=error)
        elif time.monotonic() - self._complained_at >= COMPLAINT_INTERVAL_SECONDS:
            self._complained_at = time.monotonic()
            self.log.warning("broker_unreachable", url=_without_userinfo(self.settings.url), error=text)

    async def _on_disconnected(self) -> None:
        if not self.nc.is_closed:
            self.log.warning("broker_lost")

    async def _on_reconnected(self) -> None:
        # Runs inside nats-py's reconnection task: what raises here would break the connection again.
        self.log.info("broker_reconnected")
        self._denied.clear()
        for listener in list(self._listeners.values()):
            listener()
        for callback in self._reconnect_callbacks:
            self._tasks.spawn(_call(callback))
        self._announce_gap()

    def _announce_gap(self) -> None:
        if not self._gap_pending and self._gap_callbacks:
            self._gap_pending = True
            self._tasks.spawn(self._tell_gap())

    async def _tell_gap(self) -> None:
        await asyncio.sleep(GAP_SETTLE_SECONDS)
        self._gap_pending = False
        for callback in self._gap_callbacks:
            self._tasks.spawn(_call(callback))


def inbox_prefix(service: str) -> str:
    """The first token of every inbox of a service; its permissions grant `<prefix>.>` and nothing wider."""
    return f"_INBOX_{service}"


def _next_server(servers: list[Server], _info: dict[str, object]) -> tuple[Server, float]:
    """The least tried server, after a pause that grows with its failures and is capped."""
    server = min(servers, key=lambda candidate: candidate.reconnects)
    pause = backoff_seconds(
        server.reconnects + 1, first=FIRST_RECONNECT_PAUSE_SECONDS, longest=MAX_RECONNECT_PAUSE_SECONDS
    )
    return server, pause


async def _call(callback: Callable[[], Awaitable[None]]) -> None:
    await callback()


def _without_userinfo(url: str) -> str:
    return ",".join(part.rsplit("@", 1)[-1] for part in url.split(","))
