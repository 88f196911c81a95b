"""Trace context over the broker: a W3C `traceparent` header on everything but live messages.

The header is written by hand because it is on the path of every event and command; it is read by OpenTelemetry.
"""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACE_HEADER = "traceparent"

_propagator = TraceContextTextMapPropagator()


def traceparent() -> str | None:
    """The current span as a header value; None outside any trace."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def trace_headers() -> dict[str, str] | None:
    """Headers that carry the current span; None outside any trace, so that a message then has no headers at all."""
    value = traceparent()
    return None if value is None else {TRACE_HEADER: value}


def context_of(headers: Mapping[str, str] | None) -> Context | None:
    """The sender's trace context, to be the parent of the handler's span."""
    if not headers or TRACE_HEADER not in headers:
        return None
    return _propagator.extract({TRACE_HEADER: headers[TRACE_HEADER]})
