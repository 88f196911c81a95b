"""A trace goes through commands, events, queries and controls; live messages carry no headers at all."""

import asyncio
from http.server import BaseHTTPRequestHandler, HTTPServer

from nats.aio.msg import Msg
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from palaver.servicekit.broker import Outgoing
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.settings import TelemetrySettings
from palaver.servicekit.telemetry import Tracing
from palaver.servicekit.testing.kits import BrokerFor, Declared, KitFor, Running
from palaver.servicekit.testing.notes import (
    CLOSED,
    COUNT,
    STREAMS,
    TYPED,
    WRITE,
    WRITER,
    WRITTEN,
    Count,
    Note,
    until,
)
from palaver.servicekit.tracing import trace_headers


def _traced(kit: Kit, exporter: InMemorySpanExporter) -> Kit:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Kit(kit.name, kit.instance, kit.broker, kit.metrics, kit.health, provider.get_tracer("test"))


def _trace_id() -> int:
    return trace.get_current_span().get_span_context().trace_id


async def test_handlers_run_in_the_trace_of_the_sender(
    broker_for: BrokerFor, declared: Declared, kit_for: KitFor, running: Running
) -> None:
    await declared(STREAMS, (WRITER,))
    exporter = InMemorySpanExporter()
    kit = _traced(await kit_for("notes"), exporter)
    sender = await broker_for("sender")
    seen: dict[str, int] = {}

    async def write(note: Note) -> None:
        seen["write"] = _trace_id()
        await kit.broker.publish(WRITTEN, note, "b1")  # the trace goes on from here

    async def written(note: Note) -> None:
        seen["written"] = _trace_id()

    async def closed(note: Note) -> None:
        seen["closed"] = _trace_id()

    async def count(note: Note) -> Count:
        seen["count"] = _trace_id()
        return Count(number=1)

    routes = (consume(WRITER, bind(WRITE, write)), hear(WRITTEN, written), hear(CLOSED, closed), answer(COUNT, count))
    async with running(Service("notes", routes), kit):
        with kit.tracer.start_as_current_span("post") as span:
            expected = span.get_span_context().trace_id
            await sender.publish(WRITE, Note(text="x"), "b1")
            await sender.send(CLOSED, Note(text="x"))
            await sender.ask(COUNT, Note(text="x"))
        await until(lambda: len(seen) == 4)
    assert seen == dict.fromkeys(("write", "written", "closed", "count"), expected)
    names = {span.name: span for span in exporter.get_finished_spans()}
    assert {"post", WRITE.address.stem, WRITTEN.address.stem, CLOSED.address.stem, COUNT.address.stem} == set(names)
    written_span, write_span = names[WRITTEN.address.stem], names[WRITE.address.stem]
    assert written_span.parent is not None
    assert write_span.context is not None
    assert written_span.parent.span_id == write_span.context.span_id


async def test_live_messages_have_no_headers_even_inside_a_trace(broker_for: BrokerFor) -> None:
    speaker, listener = await broker_for("speaker"), await broker_for("listener")
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    await listener.nc.subscribe("live.>", cb=heard.put)
    await listener.nc.subscribe("ctl.>", cb=heard.put)
    await listener.ping()
    with TracerProvider(shutdown_on_exit=False).get_tracer("test").start_as_current_span("stream"):
        await speaker.send(TYPED, Note(text="x"), "b1")
        await speaker.send(CLOSED, Note(text="x"))
    messages = {message.subject.split(".")[0]: message for message in (await heard.get(), await heard.get())}
    assert messages["live"].headers is None
    assert set(messages["ctl"].headers or {}) == {"traceparent"}


async def test_an_outbox_keeps_the_trace_under_which_a_message_was_made(broker_for: BrokerFor) -> None:
    broker = await broker_for("notes")
    with TracerProvider(shutdown_on_exit=False).get_tracer("test").start_as_current_span("made") as span:
        made = broker.outgoing(WRITTEN, Note(text="x"), "b1", message_id="m1")
    assert made.trace is not None
    assert f"{span.get_span_context().trace_id:032x}" in made.trace
    assert made.headers == {"Nats-Msg-Id": "m1", "traceparent": made.trace}
    assert Outgoing("evt.x", b"").headers is None


async def test_spans_go_to_the_collector_when_there_is_one() -> None:
    bodies: list[bytes] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
            pass

    with HTTPServer(("127.0.0.1", 0), Sink) as sink:
        serving = asyncio.create_task(asyncio.to_thread(sink.serve_forever, 0.01))
        settings = TelemetrySettings(otlp_endpoint=f"http://127.0.0.1:{sink.server_port}/")
        tracing = Tracing(settings, service="notes", instance="i1")
        with tracing.tracer.start_as_current_span("a-span-of-ours"):
            pass
        await tracing.stop()
        sink.shutdown()
        await serving
    assert b"a-span-of-ours" in b"".join(bodies)
    assert b"palaver-notes" in b"".join(bodies)


async def test_without_a_collector_nothing_is_recorded_but_traces_are_still_named() -> None:
    tracing = Tracing(TelemetrySettings(), service="notes", instance="i1")
    with tracing.tracer.start_as_current_span("unrecorded") as span:
        assert not span.is_recording()
        assert trace_headers() is not None
    await tracing.stop()
