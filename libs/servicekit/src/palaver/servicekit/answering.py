"""Answering queries and hearing broadcasts at run time.

This is one of the three places where every exception is caught: an asker must get an answer, whatever happens here.
"""

import asyncio
import time
from typing import Any

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.subjects import Kind
from palaver.servicekit.broker import FAILURE_HEADER
from palaver.servicekit.delivery import reason_of
from palaver.servicekit.encoding import encoded
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import Answer, Hear
from palaver.servicekit.runtime import Runtime
from palaver.servicekit.tasks import TaskSet
from palaver.servicekit.tracing import context_of

MAX_CONCURRENT_ANSWERS = 64
ANSWER_LIMIT_SECONDS = 60.0
MAX_QUEUED_MESSAGES = 65_536
MAX_QUEUED_BYTES = 64 * 1024**2
"""Per subscription. Beyond either the client drops messages and reports a slow consumer."""

_log = structlog.get_logger()


class Answering:
    """One `Answer` route, running: up to `MAX_CONCURRENT_ANSWERS` requests at a time, the rest queue in order."""

    def __init__(self, route: Answer, runtime: Runtime) -> None:
        self._route = route
        self._runtime = runtime
        self._stem = route.query.address.stem
        self._places = asyncio.Semaphore(MAX_CONCURRENT_ANSWERS)
        self._tasks = TaskSet(f"answer.{self._stem}")
        self._subscription: Subscription | None = None
        self._closed = False

    @property
    def shared(self) -> bool:
        """Whether any replica could answer, and not this process alone."""
        return not self._route.keys

    async def open(self) -> None:
        """Subscribe."""
        if self._closed:
            return
        address = self._route.query.address
        self._subscription = await self._runtime.broker.nc.subscribe(
            address.wildcard if self.shared else address.at(*self._route.keys),
            queue=self._runtime.service if self.shared else "",
            cb=self._on_request,
            pending_msgs_limit=MAX_QUEUED_MESSAGES,
            pending_bytes_limit=MAX_QUEUED_BYTES,
        )

    async def leave(self, timeout_seconds: float) -> None:
        """Take no further request until `open`; those taken are still answered."""
        subscription, self._subscription = self._subscription, None
        await end(subscription, timeout_seconds)

    async def close(self, timeout_seconds: float) -> None:
        """Take no further request, for good, and answer those taken."""
        self._closed = True
        await self.leave(timeout_seconds)
        if not await self._tasks.join(timeout_seconds):
            await self._tasks.cancel()

    async def _on_request(self, msg: Msg) -> None:
        if not msg.reply:
            return  # nobody waits for an answer
        await self._places.acquire()
        self._tasks.spawn(self._respond(msg))

    async def _respond(self, msg: Msg) -> None:
        began = time.perf_counter()
        try:
            with self._runtime.tracer.start_as_current_span(self._stem, context_of(msg.headers), SpanKind.SERVER):
                body, code = await self._answer(msg.data)
            headers = {FAILURE_HEADER: code.value} if code else None
            await self._runtime.broker.nc.publish(msg.reply, body, headers=headers)
        except nats.errors.Error as error:
            _log.warning("answer_lost", subject=self._stem, error=str(error))
        finally:
            self._places.release()
            self._runtime.metrics.seconds.labels(self._stem).observe(time.perf_counter() - began)

    async def _answer(self, data: bytes) -> tuple[bytes, ErrorCode | None]:
        try:
            async with asyncio.timeout(ANSWER_LIMIT_SECONDS):
                answer = await self._route.handler(self._route.query.request.model_validate_json(data))
            body, code = encoded(answer), None
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer
            failure = self._translate(error)
            body, code = encoded(failure.body), failure.code
        self._runtime.metrics.handled.labels(self._stem, code.value if code else "done").inc()
        return body, code

    def _translate(self, error: Exception) -> Failure:
        if isinstance(error, Failure):
            return error
        if isinstance(error, Unavailable):
            _log.warning("query_unavailable", subject=self._stem, dependency=error.dependency, reason=error.reason)
            return Failure(
                ErrorCode.SERVICE_UNAVAILABLE,
                f"{self._runtime.service} cannot answer just now; please try again.",
                dependency=error.dependency,
            )
        if isinstance(error, ValidationError):
            return Failure(ErrorCode.VALIDATION_FAILED, f"Not a valid request: {reason_of(error)}")
        _log.error("query_failed", subject=self._stem, exc_info=error)
        return Failure(ErrorCode.INTERNAL, f"{self._runtime.service} failed to answer.")


class Hearing:
    """One `Hear` route, running: one message at a time, in order; failures are logged."""

    def __init__(self, route: Hear, runtime: Runtime) -> None:
        self._route = route
        self._runtime = runtime
        self._stem = route.subject.address.stem
        self._traced = route.subject.address.kind is not Kind.LIVE
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        """Subscribe."""
        address = self._route.subject.address
        self._subscription = await self._runtime.broker.nc.subscribe(
            address.at(*self._route.keys) if self._route.keys else address.wildcard,
            cb=self._on_message,
            pending_msgs_limit=MAX_QUEUED_MESSAGES,
            pending_bytes_limit=MAX_QUEUED_BYTES,
        )

    async def close(self, timeout_seconds: float) -> None:
        """Hear nothing further."""
        await end(self._subscription, timeout_seconds)

    async def _on_message(self, msg: Msg) -> None:
        try:
            payload = self._route.subject.payload.model_validate_json(msg.data)
            if self._traced:
                with self._runtime.tracer.start_as_current_span(self._stem, context_of(msg.headers), SpanKind.CONSUMER):
                    await self._handle(payload)
            else:
                await self._handle(payload)
        except ValidationError as error:
            _log.warning("broadcast_malformed", subject=self._stem, reason=reason_of(error))
        except Unavailable as outage:
            _log.warning("broadcast_missed", subject=self._stem, dependency=outage.dependency)
        except Exception as error:  # noqa: BLE001 - one bad broadcast must not deafen this replica
            _log.error("broadcast_failed", subject=self._stem, exc_info=error)

    async def _handle(self, payload: Any) -> None:
        async with asyncio.timeout(ANSWER_LIMIT_SECONDS):
            await self._route.handler(payload)


async def end(subscription: Subscription | None, timeout_seconds: float) -> None:
    """Unsubscribe; what has arrived is still handled, within the deadline."""
    if subscription is None:
        return
    try:
        async with asyncio.timeout(timeout_seconds):
            await subscription.drain()
    except (nats.errors.Error, TimeoutError, OSError) as error:
        _log.info("subscription_left_open", subject=subscription.subject, error=str(error))
