"""One trace from a client's keystroke to the last token and its booking, over every service, at a collector."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from palaver.cli.testing.stack import Stack, stack_in
from palaver.cli.testing.trace_collector import collector
from palaver.cli.up.wiring import Values
from palaver.client import Palaver
from palaver.contracts.catalogue import SERVICES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

QUESTION = "What do lighthouses dream of?"
KEY = "sk-a-key-that-the-simulator-takes-0001"


class Traces:
    """What the collector was sent."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    def of(self, trace_id: str) -> dict[str, list[Span]]:
        """The spans of one trace, by service."""
        found: defaultdict[str, list[Span]] = defaultdict(list)
        for body in self.raw:
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                (service,) = (a.value.string_value for a in sent.resource.attributes if a.key == "service.name")
                for scope in sent.scope_spans:
                    found[service] += [span for span in scope.spans if span.trace_id.hex() == trace_id]
        return {service: spans for service, spans in found.items() if spans}


MODELS = """
[[models]]
id = "test-gpt"
provider = "openai"
display_name = "Probe"
upstream = "sim-swift"
window = 32_768
max_output = 4_096
input_price = "1"
output_price = "2"
"""


@asynccontextmanager
async def traced(directory: Path, traces: Traces) -> AsyncGenerator[Stack]:
    """A stack whose services send their traces; its worker calls the simulator as OpenAI, which needs a key."""
    async with collector(traces.raw.append) as endpoint:
        telemetry: Values = {"telemetry": {"otlp_endpoint": endpoint}}
        stack = stack_in(directory, overrides=dict.fromkeys(SERVICES, telemetry), copies={"model-router": 0})
        models = directory / "models.toml"
        models.write_text(MODELS)
        try:
            await stack.start()
            played = stack.wiring.simulation.base_urls
            await stack.add("model-router", base_urls=played | {"openai": played["sim-openai"]}, catalogue_file=models)
            yield stack
        finally:
            await stack.stop()  # the last spans are sent


async def answered(ada: Palaver, traceparent: str) -> str:
    """A round that a client traces; the answer."""
    await ada.keys.add("openai", KEY)
    room = await ada.create_room(["test-gpt"])
    message = await room.post(QUESTION, metadata={"traceparent": traceparent})
    async for reply in room.round(message.branch, message.round):
        return (await room.finished(reply)).text
    raise AssertionError("nobody answered")


async def test_one_trace_goes_from_the_keystroke_to_the_last_token_and_its_booking(tmp_path: Path) -> None:
    trace_id, keystroke, traces = secrets.token_hex(16), secrets.token_hex(8), Traces()
    async with traced(tmp_path, traces) as stack, await stack.person() as ada:
        answer = await answered(ada, f"00-{trace_id}-{keystroke}-01")
        analytics = stack.replicas["analytics"][0]
        while not analytics.figure("palaver_analytics_facts_total", model="test-gpt", outcome="completed"):  # noqa: ASYNC110 - a figure
            await asyncio.sleep(0.05)
    spans = traces.of(trace_id)
    names = {service: {span.name for span in found} for service, found in spans.items()}
    expected = {
        "palaver-gateway": {"post"},
        "palaver-session": {
            "cmd.session.message.post.v1",
            "qry.session.turn.claim.v1",
            "evt.model-router.turn.started.v1",
            "evt.model-router.turn.completed.v1",
        },
        "palaver-model-router": {"cmd.model-router.turn.run.v1", "chat sim-swift"},
        "palaver-context": {"qry.context.window.build.v1"},
        "palaver-keyvault": {"qry.keyvault.key.lease.v1"},
        "palaver-analytics": {"evt.model-router.usage.metered.v1"},
    }
    missing = {service: wanted for service, some in expected.items() if (wanted := some - names.get(service, set()))}
    assert not missing
    every = [span for found in spans.values() for span in found]
    known = {span.span_id for span in every}
    (first,) = (span for span in every if span.parent_span_id.hex() == keystroke)
    assert first.name == "post"
    assert all(span.parent_span_id in known for span in every if span is not first), "a span hangs in the air"
    (call,) = (span for span in every if span.name == "chat sim-swift")
    assert [event.name for event in call.events] == ["first_token"]
    assert not any(span.name.startswith("live.") for span in every), "deltas are not traced"
    for text in (QUESTION, answer, KEY):
        assert not any(text.encode() in body for body in traces.raw), "a trace tells what was said"
