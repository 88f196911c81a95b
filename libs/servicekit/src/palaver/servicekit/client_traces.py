"""Where a trace begins: with a client's own, if it names one, so that a keystroke and its last token are one trace.

A client says which trace; whether it is recorded is decided here, or anybody could fill the collector.
"""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from palaver.servicekit.settings import TelemetrySettings
from palaver.servicekit.tracing import TRACE_HEADER, context_of

NOT_SAMPLED, SAMPLED = TraceFlags(TraceFlags.DEFAULT), TraceFlags(TraceFlags.SAMPLED)


class ClientTraces:
    """Reads a W3C `traceparent` from a frame's metadata or a request's headers."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self._ratio = TraceIdRatioBased(settings.sample_ratio)

    def context(self, said: Mapping[str, object]) -> Context | None:
        """To be the parent of the first span; None where the client names no trace, or none that is valid."""
        value = said.get(TRACE_HEADER)
        parent = context_of({TRACE_HEADER: value}) if isinstance(value, str) else None
        theirs = trace.get_current_span(parent).get_span_context() if parent is not None else None
        if theirs is None or not theirs.is_valid:
            return None
        decision = self._ratio.should_sample(None, theirs.trace_id, "").decision
        flags = SAMPLED if decision.is_sampled() else NOT_SAMPLED
        ours = SpanContext(theirs.trace_id, theirs.span_id, is_remote=True, trace_flags=flags)
        return trace.set_span_in_context(NonRecordingSpan(ours), Context())
