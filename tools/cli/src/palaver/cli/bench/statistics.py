"""Percentiles, and curves made of them."""

import math
from collections.abc import Iterable, Sequence

CURVE_SHARES = tuple([n / 50 for n in range(1, 50)] + [0.99, 0.995, 0.999, 1.0])
"""Where a curve has its points: every fiftieth, and the tail."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def curve(ordered: Sequence[float]) -> list[float]:
    """The values at `CURVE_SHARES`; empty of nothing."""
    return [percentile(ordered, share) for share in CURVE_SHARES] if ordered else []


def p50_p99(values: Iterable[float]) -> tuple[float, float]:
    """Both percentiles of unordered values."""
    ordered = sorted(values)
    return percentile(ordered, 0.5), percentile(ordered, 0.99)
