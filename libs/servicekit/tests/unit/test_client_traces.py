"""A client names a trace; whether it is recorded is not for it to say."""

import pytest
from opentelemetry import trace

from palaver.servicekit.client_traces import ClientTraces
from palaver.servicekit.settings import TelemetrySettings

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize("asked", ["00", "01"])
@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_the_trace_goes_on_and_the_operators_ratio_decides(asked: str, ratio: float) -> None:
    context = ClientTraces(TelemetrySettings(sample_ratio=ratio)).context({"traceparent": f"00-{TRACE}-{SPAN}-{asked}"})
    parent = trace.get_current_span(context).get_span_context()
    assert (f"{parent.trace_id:032x}", f"{parent.span_id:016x}") == (TRACE, SPAN)
    assert parent.trace_flags.sampled == bool(ratio)


@pytest.mark.parametrize(
    "said", [None, 7, "", "00-zz-1-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{SPAN}", "x" * 9_999]
)
def test_what_is_no_trace_begins_a_new_one(said: object) -> None:
    assert ClientTraces(TelemetrySettings()).context({"traceparent": said}) is None


def test_no_word_of_a_trace_begins_a_new_one() -> None:
    assert ClientTraces(TelemetrySettings()).context({}) is None
