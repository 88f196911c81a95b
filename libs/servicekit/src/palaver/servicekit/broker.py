"""What a service says and asks over its connection to NATS, typed.

Consuming is in `routes.py` and `jobs.py`. The token path may use `Broker.nc` directly; everything else goes through the
typed methods, so that a payload that does not belong to its subject fails type checking.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import nats.errors
from nats.js import api
from nats.js.client import JetStreamContext
from pydantic import BaseModel, ValidationError

from palaver.contracts.failures import ErrorCode, Failure, FailureBody
from palaver.contracts.subjects import Command, Control, Event, Live, Query
from palaver.servicekit.connection import NATS, Connection
from palaver.servicekit.encoding import encoded
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.tracing import TRACE_HEADER, trace_headers, traceparent

P = TypeVar("P", bound=BaseModel)
Req = TypeVar("Req", bound=BaseModel)
Res = TypeVar("Res", bound=BaseModel)

FAILURE_HEADER = "Palaver-Failure"
"""Marks a reply whose body is a `FailureBody`; its value is the error code."""

MESSAGE_ID_HEADER = "Nats-Msg-Id"
MAX_PUBLISHES_IN_FLIGHT = 4000


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


class Broker(Connection):
    """A connection with the words of our contracts. Made by `Broker.connect`."""

    def __init__(self, settings: BrokerSettings, service: str, label: str) -> None:
        super().__init__(settings, service, label)
        self._js = JetStreamContext(self.nc, publish_async_max_pending=MAX_PUBLISHES_IN_FLIGHT)

    @staticmethod
    def outgoing(subject: Event[P] | Command[P], payload: P, *keys: str, message_id: str | None = None) -> Outgoing:
        """Encode and address a JetStream message under the current trace.

        Raises Failure(MESSAGE_TOO_LONG) above the broker's limit: better refused here than stuck in an outbox.
        """
        return Outgoing(subject.at(*keys), encoded(payload), message_id, traceparent())

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
            async with asyncio.timeout(self.settings.publish_timeout_seconds):
                await future
        except TimeoutError as error:
            self.raise_if_denied(message.subject)
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
            _, late = await asyncio.wait(waiting, timeout=self.settings.publish_timeout_seconds)
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
            self.log.warning("publish_refused", subject=message.subject, error=str(error))
        return error is None

    async def send(self, subject: Live[P] | Control[P], payload: P, *keys: str) -> None:
        """Say it once, unacknowledged; buffered. Raises Unavailable only when the outgoing buffer is full or closed."""
        headers = trace_headers() if isinstance(subject, Control) else None
        try:
            await self.nc.publish(subject.at(*keys), payload.model_dump_json().encode(), headers=headers)
        except nats.errors.Error as error:
            raise Unavailable(NATS, str(error)) from error

    async def ask(self, query: Query[Req, Res], request: Req, *keys: str, timeout_seconds: float | None = None) -> Res:
        """Ask the owner of `query` and return its answer.

        Raises Failure as the answerer raised it, Failure(MESSAGE_TOO_LONG) for a request or answer above the broker's
        limit, and Unavailable when nobody answers in time or the answerer says that it lacks a dependency itself
        (SERVICE_UNAVAILABLE).
        """
        owner = query.address.owner
        body = encoded(request)
        if not self.up:
            raise Unavailable(NATS, "not connected")
        subject = query.at(*keys)
        patience = query.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            reply = await self.nc.request(subject, body, timeout=patience, headers=trace_headers())
        except nats.errors.NoRespondersError as error:
            raise Unavailable(owner, f"nobody answers {query.address.stem}") from error
        except TimeoutError as error:
            self.raise_if_denied(subject)
            raise Unavailable(owner, f"no answer to {query.address.stem} in {patience} s") from error
        except (nats.errors.Error, OSError) as error:
            raise Unavailable(NATS, str(error)) from error
        return _answer_of(query, reply.headers, reply.data)


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
