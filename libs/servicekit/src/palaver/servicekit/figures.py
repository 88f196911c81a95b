"""Figures that exist anyway, read when somebody scrapes: what is counted in plain integers costs its owner nothing.

A prometheus_client metric takes a lock for each change; nothing on the way of a token does.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Figure:
    """What is shown: `palaver_<what>_<unit>`; `_total` is added to counters."""

    name: str
    meaning: str
    kind: Literal["gauge", "counter", "histogram"] = "gauge"
    labels: tuple[str, ...] = ()

    def family(self, samples: "Iterable[Sample]" = ()) -> Metric:
        """With these values."""
        match self.kind:
            case "gauge":
                return _filled(GaugeMetricFamily(self.name, self.meaning, labels=self.labels), samples)
            case "counter":
                return _filled(CounterMetricFamily(self.name, self.meaning, labels=self.labels), samples)
            case "histogram":
                family = HistogramMetricFamily(self.name, self.meaning, labels=self.labels)
                for sample in samples:
                    if isinstance(sample.value, Buckets):
                        family.add_metric(sample.labels, sample.value.cumulated(), sample.value.total)
                return family


class Buckets:
    """A histogram in plain numbers: `note` costs a search among a dozen bounds and two additions."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulated(self) -> list[tuple[str, float]]:
        """As Prometheus wants it: how many were at most as large as each bound."""
        rows: list[tuple[str, float]] = []
        so_far = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            so_far += count
            rows.append((bound, so_far))
        return rows


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a figure; `labels` in the figure's order."""

    value: float | Buckets
    labels: tuple[str, ...] = ()


Read = Callable[[], Iterable[Sample]]
"""The values now. Must be quick: it runs between two tokens."""


class Figures(Collector):
    """Figures and where each is read; one set per registry. What nobody reads yet is shown without values."""

    def __init__(self, registry: CollectorRegistry, figures: Sequence[Figure]) -> None:
        self.figures = tuple(figures)
        self._reads: dict[str, list[Read]] = {figure.name: [] for figure in figures}
        registry.register(self)

    def read(self, figure: Figure, read: Read) -> None:
        """Where it is from here on. Several sources of one figure must differ in labels."""
        self._reads[figure.name].append(read)

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        for figure in self.figures:
            yield figure.family(sample for read in self._reads[figure.name] for sample in read())

    def describe(self) -> Iterator[Metric]:
        """Names and meanings, without values."""
        for figure in self.figures:
            yield figure.family()


class Measured(Protocol):
    """A part of a service that has figures to show."""

    def show(self, figures: Figures) -> None:
        """Say where they are read."""
        ...


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Iterable[Sample]) -> Metric:
    for sample in samples:
        if not isinstance(sample.value, Buckets):
            family.add_metric(sample.labels, sample.value)
    return family
