"""Sizes of batches, counted in plain integers, as Prometheus sees them."""

from prometheus_client import CollectorRegistry

from palaver.gateway.metrics import BATCHES, batches
from palaver.gateway.realtime.traffic import Traffic
from palaver.servicekit.figures import Figures


def test_batches_are_a_histogram_by_powers_of_two() -> None:
    traffic, registry = Traffic(), CollectorRegistry()
    for frames in (1, 1, 2, 3, 4, 5, 1_024, 1_025, 5_000):
        traffic.batches_sent[(frames - 1).bit_length()] += 1
        traffic.frames_sent += frames
    Figures(registry, (BATCHES,)).read(BATCHES, lambda: batches(traffic))
    shown = {
        bound: registry.get_sample_value("palaver_ws_batch_frames_bucket", {"le": bound})
        for bound in ("1", "2", "4", "8", "1024", "+Inf")
    }
    assert shown == {"1": 2, "2": 3, "4": 5, "8": 6, "1024": 7, "+Inf": 9}
    assert registry.get_sample_value("palaver_ws_batch_frames_sum") == 7_065
