"""Logs, traces and build information. `setup` is for the process; tracers and registries are per service, because
several services may share a process.
"""

import asyncio
import logging
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from prometheus_client import CollectorRegistry, GCCollector, Info, PlatformCollector, ProcessCollector
from structlog.typing import EventDict, Processor, WrappedLogger

from palaver.servicekit.process import show_network
from palaver.servicekit.redaction import format_error, redact
from palaver.servicekit.settings import TelemetrySettings

LIBRARY_LEVEL = logging.WARNING
"""Below it libraries log what must not be logged: SDKs whole requests with their text, sockets every frame."""


def setup(settings: TelemetrySettings) -> None:
    """Configure logging for the whole process: one line per event on stderr, redacted. May be called again."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _exception_object,
        format_error,
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # Our own code logs through structlog, so the standard library's loggers are all somebody else's.
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, LIBRARY_LEVEL))
    handler.setLevel(max(level, LIBRARY_LEVEL))


class Tracing:
    """One service's spans. A `Resource`: stopping it sends what is left."""

    def __init__(self, settings: TelemetrySettings, *, service: str, instance: str) -> None:
        resource = Resource.create({"service.name": f"palaver-{service}", "service.instance.id": instance})
        # Without a collector nothing is recorded, but trace ids are still made, sent along and logged.
        sampler = ParentBased(TraceIdRatioBased(settings.sample_ratio)) if settings.otlp_endpoint else ALWAYS_OFF
        self._provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
        if settings.otlp_endpoint:
            exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("palaver")

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Flush and end the exporter's thread."""
        await asyncio.to_thread(self._provider.shutdown)


def registry_for(service: str, distribution: str, *, process_metrics: bool = True) -> CollectorRegistry:
    """A fresh metrics registry with build information and, once per process, the process's own figures."""
    registry = CollectorRegistry()
    show_build(registry, service, distribution)
    if process_metrics:
        process_figures(registry)
    return registry


def show_build(registry: CollectorRegistry, service: str, distribution: str) -> None:
    """Register what is running."""
    Info("palaver_build", "What is running; always 1.", registry=registry).info(
        {"service": service, "version": version_of(distribution), "python": sys.version.split()[0]}
    )


def process_figures(registry: CollectorRegistry) -> None:
    """Register CPU, memory, files, network and the collector of garbage."""
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    show_network(registry)


def version_of(distribution: str) -> str:
    """The installed version of a distribution, e.g. "palaver-session"."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
        event["span_id"] = f"{span.span_id:016x}"
    return event


def _exception_object(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """`exc_info=True` and the standard library's triple become the exception itself."""
    info: Any = event.get("exc_info")
    if info is True:
        event["exc_info"] = sys.exc_info()[1]
    elif isinstance(info, tuple):
        event["exc_info"] = info[1]
    return event
