"""One service's connection to NATS: typed publishing, sending and asking, and what happens when the broker goes away.

Consuming is in `routes.py` and `jobs.py`. The token path may use `Broker.nc` directly; everything else goes through the
typed methods, so that a payload that does not belong to its subject fails type checking.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import nats.errors
import structlog
from nats.aio.client import Client, Server
from nats.js import api
from nats.js.client import JetStreamContext
from pydantic import BaseModel, ValidationError

from palaver.contracts.failures import ErrorCode, Failure, FailureBody
from palaver.contracts.streams import MAX_PAYLOAD_BYTES
from palaver.contracts.subjects import Command, Control, Event, Live, Query
from palaver.servicekit.errors import BrokerDenied, Unavailable
from palaver.servicekit.nats_client import LastingClient
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.tasks import TaskSet, backoff_seconds
from palaver.servicekit.tracing import TRACE_HEADER, trace_headers, traceparent

P = TypeVar("P", bound=BaseModel)
Req = TypeVar("Req", bound=BaseModel)
Res = TypeVar("Res", bound=BaseModel)

NATS = "nats"
"""The broker's name as a dependency."""

FAILURE_HEADER = "Palaver-Failure"
"""Marks a reply whose body is a `FailureBody`; its value is the error code."""

MESSAGE_ID_HEADER = "Nats-Msg-Id"
MAX_PUBLISHES_IN_FLIGHT = 4000
MAX_RECONNECT_PAUSE_SECONDS = 2.0
FIRST_RECONNECT_PAUSE_SECONDS = 0.05
CONNECT_PAUSE_SECONDS = 0.25
DRAIN_TIMEOUT_SECONDS = 2
COMPLAINT_INTERVAL_SECONDS = 5.0
"""A broker that stays away is complained about at this pace, not at the pace of the attempts."""
GAP_SETTLE_SECONDS = 0.2
"""Slow-consumer errors come one per dropped message; this long is waited so that one repair serves them all."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One JetStream message to be: encoded, addressed, and able to wait in an outbox.

    `message_id` lets the broker drop repetitions within the stream's duplicate window. `trace` is the W3C traceparent
    under which it was made.
    """

    subject: str
    body: bytes
    message_id: str | None = None
    trace: str | None = None

    @property
    def headers(self) -> dict[str, str] | None:
        """What travels beside the body."""
        headers: dict[str, str] = {}
        if self.message_id is not None:
            headers[MESSAGE_ID_HEADER] = self.message_id
        if self.trace is not None:
            headers[TRACE_HEADER] = self.trace
        return headers or None


class Broker:
    """A NATS connection that heals by itself. Made by `connect`."""

    def __init__(self, settings: BrokerSettings, service: str, label: str) -> None:
        self.nc: Client = LastingClient()
        self.service = service
        self._settings = settings
        self._name = f"{service}.{label}" if label else service
        self._js = JetStreamContext(self.nc, publish_async_max_pending=MAX_PUBLISHES_IN_FLIGHT)
        self._log = structlog.get_logger().bind(service=service, connection=self._name)
        self._tasks = TaskSet(f"{self._name}.broker")
        self._reconnect_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._gap_callbacks: list[Callable[[], Awaitable[None]]] = []
        self._listeners: dict[object, Callable[[], None]] = {}
        self._gap_pending = False
        self._denied: set[str] = set()
        self._complained_at = -COMPLAINT_INTERVAL_SECONDS

    # ---- life ------------------------------------------------------------------------------------------------------

    @classmethod
    async def connect(cls, settings: BrokerSettings, *, service: str, label: str = "") -> "Broker":
        """Connect, however long it takes; while the broker is away a warning is logged every few seconds.

        `label` tells several connections of one service apart. All share the inbox prefix `_INBOX_<service>`, which
        is what the service's permissions let it subscribe to.
        """
        broker = cls(settings, service, label)
        await broker._connect()
        return broker

    async def _connect(self) -> None:
        seed = self._settings.nkey_seed
        tls = ssl.create_default_context(cafile=str(self._settings.ca_file)) if self._settings.ca_file else None
        await self.nc.connect(
            servers=self._settings.url.split(","),
            name=self._name,
            inbox_prefix=inbox_prefix(self.service),
            nkeys_seed_str=seed.get_secret_value() if seed else None,
            tls=tls,
            max_reconnect_attempts=-1,
            reconnect_time_wait=CONNECT_PAUSE_SECONDS,  # pyright: ignore[reportArgumentType]  # a float works; annotated as int
            reconnect_to_server_handler=_next_server,
            connect_timeout=self._settings.connect_timeout_seconds,  # pyright: ignore[reportArgumentType]  # as above
            ping_interval=self._settings.ping_interval_seconds,  # pyright: ignore[reportArgumentType]  # as above
            pending_size=self._settings.max_pending_bytes,
            drain_timeout=DRAIN_TIMEOUT_SECONDS,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
        )
        self._log.info("broker_connected")

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
            raise BrokerDenied(f"{self._name}: {min(self._denied)}")

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

    # ---- saying ----------------------------------------------------------------------------------------------------

    @staticmethod
    def outgoing(subject: Event[P] | Command[P], payload: P, *keys: str, message_id: str | None = None) -> Outgoing:
        """Encode and address a JetStream message under the current trace.

        Raises Failure(MESSAGE_TOO_LONG) above the broker's limit: better refused here than stuck in an outbox.
        """
        body = payload.model_dump_json().encode()
        if len(body) > MAX_PAYLOAD_BYTES:
            raise Failure(ErrorCode.MESSAGE_TOO_LONG, "This is too large to be sent.", max_bytes=MAX_PAYLOAD_BYTES)
        return Outgoing(subject.at(*keys), body, message_id, traceparent())

    async def publish(
        self, subject: Event[P] | Command[P], payload: P, *keys: str, message_id: str | None = None
    ) -> None:
        """Publish and await the broker's acknowledgement. Raises Unavailable; it may have been stored all the same."""
        message = self.outgoing(subject, payload, *keys, message_id=message_id)
        await self.publish_outgoing(message)

    async def publish_outgoing(self, message: Outgoing, headers: dict[str, str] | None = None) -> None:
        """Like `publish`, for what is encoded already; `headers` are added to the message's own."""
        try:
            future = await self._begin(message, headers)
            await asyncio.wait_for(future, self._settings.publish_timeout_seconds)
        except TimeoutError as error:
            self._raise_if_denied(message.subject)
            raise Unavailable(NATS, "no acknowledgement") from error
        except (nats.errors.Error, OSError) as error:
            raise Unavailable(NATS, str(error)) from error

    async def publish_all(self, batch: Sequence[Outgoing]) -> list[bool]:
        """Publish in order, await all acknowledgements together; True where one came. Never raises for one of them."""
        futures: list[asyncio.Future[api.PubAck] | None] = []
        for message in batch:
            try:
                futures.append(await self._begin(message, None))
            except (nats.errors.Error, OSError, Unavailable):
                futures.append(None)
        waiting = {future for future in futures if future is not None}
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=self._settings.publish_timeout_seconds)
            for future in late:
                future.cancel()
        return [self._acknowledged(message, future) for message, future in zip(batch, futures, strict=True)]

    async def _begin(self, message: Outgoing, headers: dict[str, str] | None) -> "asyncio.Future[api.PubAck]":
        # Fail at once while disconnected: a buffered publish would go out later, after its caller was told that it
        # had failed, and every sweep of an outbox would buffer the same rows again.
        if not self.up:
            raise Unavailable(NATS, "not connected")
        own = message.headers
        merged = {**(own or {}), **headers} if headers else own
        return await self._js.publish_async(message.subject, message.body, headers=merged)

    def _acknowledged(self, message: Outgoing, future: "asyncio.Future[api.PubAck] | None") -> bool:
        if future is None or not future.done() or future.cancelled():
            return False
        error = future.exception()
        if error is not None:
            self._log.warning("publish_refused", subject=message.subject, error=str(error))
        return error is None

    async def send(self, subject: Live[P] | Control[P], payload: P, *keys: str) -> None:
        """Say it once, unacknowledged; buffered. Raises Unavailable only when the outgoing buffer is full or closed."""
        headers = trace_headers() if isinstance(subject, Control) else None
        try:
            await self.nc.publish(subject.at(*keys), payload.model_dump_json().encode(), headers=headers)
        except nats.errors.Error as error:
            raise Unavailable(NATS, str(error)) from error

    # ---- asking ----------------------------------------------------------------------------------------------------

    async def ask(self, query: Query[Req, Res], request: Req, *keys: str, timeout_seconds: float | None = None) -> Res:
        """Ask the owner of `query` and return its answer.

        Raises Failure as the answerer raised it, and Unavailable when nobody answers in time or the answerer says
        that it lacks a dependency itself (SERVICE_UNAVAILABLE).
        """
        owner = query.address.owner
        if not self.up:
            raise Unavailable(NATS, "not connected")
        subject = query.at(*keys)
        patience = query.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            reply = await self.nc.request(
                subject, request.model_dump_json().encode(), timeout=patience, headers=trace_headers()
            )
        except nats.errors.NoRespondersError as error:
            raise Unavailable(owner, f"nobody answers {query.address.stem}") from error
        except TimeoutError as error:
            self._raise_if_denied(subject)
            raise Unavailable(owner, f"no answer to {query.address.stem} in {patience} s") from error
        except (nats.errors.Error, OSError) as error:
            raise Unavailable(NATS, str(error)) from error
        return _answer_of(query, reply.headers, reply.data)

    # ---- the connection's own news -----------------------------------------------------------------------------------

    def _raise_if_denied(self, subject: str) -> None:
        for complaint in self._denied:
            if f'"{subject.lower()}"' in complaint:
                raise BrokerDenied(f"{self._name}: {complaint}")

    async def _on_error(self, error: Exception) -> None:
        text = str(error)
        if "permissions violation" in text:
            self._denied.add(text)
            self._log.error("broker_denied", error=text)
        elif isinstance(error, nats.errors.SlowConsumerError):
            self._log.warning("broker_slow_consumer", subject=error.subject)
            self._announce_gap()
        elif self.nc.is_connected:
            self._log.error("broker_callback_failed", exc_info=error)
        elif time.monotonic() - self._complained_at >= COMPLAINT_INTERVAL_SECONDS:
            self._complained_at = time.monotonic()
            self._log.warning("broker_unreachable", url=_without_userinfo(self._settings.url), error=text)

    async def _on_disconnected(self) -> None:
        if not self.nc.is_closed:
            self._log.warning("broker_lost")

    async def _on_reconnected(self) -> None:
        # Runs inside nats-py's reconnection task: what raises here would break the connection again.
        self._log.info("broker_reconnected")
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


def _answer_of(query: Query[Req, Res], headers: dict[str, str] | None, body: bytes) -> Res:
    try:
        if headers is None or FAILURE_HEADER not in headers:
            return query.response.model_validate_json(body)
        failure = FailureBody.model_validate_json(body)
    except ValidationError as error:
        stem = query.address.stem
        raise Failure(ErrorCode.INTERNAL, f"{query.address.owner} answered {stem} in an unknown shape.") from error
    if failure.code is ErrorCode.SERVICE_UNAVAILABLE:
        raise Unavailable(query.address.owner, failure.message)
    raise Failure.of(failure)


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
