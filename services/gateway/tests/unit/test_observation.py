"""What a request counts as: an event stream is answered when it begins; a wait that was asked for is no slowness."""

import asyncio
import time
from typing import Any

import pytest
from opentelemetry.trace import NoOpTracer
from prometheus_client import CollectorRegistry

from palaver.gateway.api.middleware import WAITED_SECONDS, Observation
from palaver.gateway.metrics import RestMetrics
from palaver.servicekit.client_traces import ClientTraces
from palaver.servicekit.settings import TelemetrySettings


class Observed:
    """A request to an application, seen through its metrics."""

    def __init__(self, app: Any) -> None:
        self.registry = CollectorRegistry()
        self.observation = Observation(
            app, metrics=RestMetrics(self.registry), tracer=NoOpTracer(), traces=ClientTraces(TelemetrySettings())
        )

    async def request(self) -> None:
        async def send(_message: Any) -> None: ...

        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}}
        await self.observation(scope, send, send)  # pyright: ignore[reportArgumentType]  # nothing is received

    def figure(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, {"method": "GET", "route": "(none)", **labels})


async def begin(send: Any, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})


async def test_a_stream_is_counted_when_it_begins_and_once() -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def stream(_scope: Any, _receive: Any, send: Any) -> None:
        await begin(send)
        begun.set()
        await over.wait()

    observed = Observed(stream)
    requesting = asyncio.create_task(observed.request())
    await begun.wait()
    assert observed.figure("palaver_http_requests_total", status="200") == 1
    over.set()
    await requesting
    assert observed.figure("palaver_http_request_seconds_count") == 1


async def test_a_wait_that_was_asked_for_is_not_counted() -> None:
    waited = 0.0

    async def poll(scope: Any, _receive: Any, send: Any) -> None:
        nonlocal waited
        began = time.perf_counter()
        await asyncio.sleep(0.2)
        waited = scope["state"][WAITED_SECONDS] = time.perf_counter() - began
        await begin(send)

    observed = Observed(poll)
    began = time.perf_counter()
    await observed.request()
    seconds = observed.figure("palaver_http_request_seconds_sum")
    assert seconds is not None
    assert 0 <= seconds <= time.perf_counter() - began - waited


async def test_a_request_that_breaks_before_its_answer_is_an_error() -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("a defect")

    observed = Observed(broken)
    with pytest.raises(RuntimeError):
        await observed.request()
    assert observed.figure("palaver_http_requests_total", status="500") == 1
