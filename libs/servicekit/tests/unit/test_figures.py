"""Figures that are read when somebody scrapes."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from palaver.servicekit.figures import Buckets, Figure, Figures, Sample
from palaver.servicekit.metrics import PROCESS_FIGURES
from palaver.servicekit.process import BEAT_SECONDS, show_network, watch_loop

SIZE = Figure("palaver_size_bytes", "How much.", labels=("what",))
SEEN = Figure("palaver_seen", "How often.", "counter")
GAP = Figure("palaver_gap_seconds", "How far apart.", "histogram", ("model",))


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_a_figure_is_read_at_each_scrape(registry: CollectorRegistry) -> None:
    seen = 0
    figures = Figures(registry, (SIZE, SEEN))
    figures.read(SEEN, lambda: [Sample(seen)])
    figures.read(SIZE, lambda: [Sample(3, ("a",))])
    figures.read(SIZE, lambda: [Sample(4, ("b",))])
    assert registry.get_sample_value("palaver_seen_total") == 0
    seen = 7
    assert registry.get_sample_value("palaver_seen_total") == 7
    assert registry.get_sample_value("palaver_size_bytes", {"what": "b"}) == 4


def test_what_nobody_reads_is_named_and_has_no_value(registry: CollectorRegistry) -> None:
    Figures(registry, (SIZE,))
    assert (
        generate_latest(registry).decode() == "# HELP palaver_size_bytes How much.\n# TYPE palaver_size_bytes gauge\n"
    )


def test_plain_buckets_are_the_histogram_that_prometheus_would_have_made(registry: CollectorRegistry) -> None:
    bounds = (0.02, 0.1, 1.0)
    buckets = Buckets(bounds)
    real = Histogram("real_seconds", "The same.", buckets=bounds, registry=registry)
    Figures(registry, (GAP,)).read(GAP, lambda: [Sample(buckets, ("m",))])
    for value in (0.001, 0.02, 0.0200001, 0.1, 0.5, 7.0):
        buckets.note(value)
        real.observe(value)
    for suffix, labels in (("bucket", {"le": "0.02"}), ("bucket", {"le": "0.1"}), ("bucket", {"le": "+Inf"})):
        ours = registry.get_sample_value(f"palaver_gap_seconds_{suffix}", {"model": "m", **labels})
        assert ours == registry.get_sample_value(f"real_seconds_{suffix}", labels)
    assert registry.get_sample_value("palaver_gap_seconds_sum", {"model": "m"}) == pytest.approx(7.6410001)
    assert registry.get_sample_value("palaver_gap_seconds_count", {"model": "m"}) == 6


def test_the_networks_bytes_are_shown(registry: CollectorRegistry) -> None:
    show_network(registry)
    for figure in PROCESS_FIGURES:
        assert (registry.get_sample_value(f"{figure.name}_total") or 0) > 0


async def test_a_loop_that_is_held_up_is_late(registry: CollectorRegistry) -> None:
    lag = Histogram("lag_seconds", "How late.", buckets=(0.1, 0.2), registry=registry)
    watching = asyncio.create_task(watch_loop(lag))
    await asyncio.sleep(0)
    time.sleep(BEAT_SECONDS + 0.15)  # noqa: ASYNC251 - this is what it is to find
    while not registry.get_sample_value("lag_seconds_count"):  # noqa: ASYNC110 - only looking shows it
        await asyncio.sleep(0.01)
    watching.cancel()
    assert (registry.get_sample_value("lag_seconds_sum") or 0) >= 0.15
