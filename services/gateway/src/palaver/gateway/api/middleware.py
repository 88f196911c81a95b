"""What every HTTP answer gets: a limit, security headers, a log line without its query string, a measure, a span."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import structlog
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, use_span
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request

from palaver.contracts.failures import ErrorCode, Failure
from palaver.gateway.api.problems import problem
from palaver.gateway.metrics import RestMetrics
from palaver.servicekit.client_traces import ClientTraces

_log = structlog.get_logger()

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=()",
}
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
UNMATCHED = "(none)"
WAITED_SECONDS = "waited_seconds"
"""Key of a request's state: so long it waited because it was asked to."""


class SecurityHeaders:
    """`strict_transport` only where the edge is behind TLS."""

    def __init__(self, app: App, *, strict_transport: bool) -> None:
        self._app = app
        self._headers = {**_HEADERS, **({"Strict-Transport-Security": _STRICT_TRANSPORT} if strict_transport else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


class Observation:
    """Logs, measures and traces each request by its route template: neither ids nor query strings become labels."""

    def __init__(self, app: App, *, metrics: RestMetrics, tracer: Tracer, traces: ClientTraces) -> None:
        self._app = app
        self._traces = traces
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        began = time.perf_counter()
        parent = self._traces.context(Headers(scope=scope))
        span = self._tracer.start_span(scope["method"], parent, SpanKind.SERVER)
        answered = False

        async def observed(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True  # here and not at the end, which of an event stream may be hours later
                self._record(scope, span, message["status"], time.perf_counter() - began)
            await send(message)

        with use_span(span):
            try:
                await self._app(scope, receive, observed)
            finally:
                if not answered:
                    self._record(scope, span, HTTPStatus.INTERNAL_SERVER_ERROR, time.perf_counter() - began)

    def _record(self, scope: Scope, span: Span, status: int, seconds: float) -> None:
        method, route = scope["method"], str(getattr(scope.get("route"), "path", UNMATCHED))
        seconds -= scope.get("state", {}).get(WAITED_SECONDS, 0.0)
        span.update_name(f"{method} {route}")
        span.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.set_status(StatusCode.ERROR)
        span.end()
        self._metrics.seconds.labels(method, route).observe(seconds)
        self._metrics.answers.labels(method, route, str(int(status))).inc()
        _log.info("http_request", method=method, path=scope["path"], status=int(status), seconds=round(seconds, 4))


class BodyLimit:
    """Refuses larger bodies in the envelope; Starlette's own limit answers in plain text."""

    def __init__(self, app: App, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        request = Request(scope)
        if int(request.headers.get("content-length", 0)) > self._max_bytes:  # the server has checked that it is one
            failure = Failure(ErrorCode.FRAME_TOO_LARGE, "This is too large.", max_bytes=self._max_bytes)
            await problem(request, failure)(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, limited, send)
