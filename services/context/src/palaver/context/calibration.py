"""What a model's reported usage teaches about its tokenizer: five rates by recursive least squares. Pure.

Each report is one equation: what was counted of the request, times the rates, is what the provider counted. Equations
are divided by the report, so errors are shares of a request, whatever its size. Ridge terms pull towards what the
family supposes, so that one report moves what it can tell about, and nothing else. Old reports fade.

Characters are there beside tokens because some providers count by them. While texts are alike nothing tells the two
apart, and the ridge gives each a part of what is missing; texts of another kind tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations_with_replacement
from math import sqrt

from palaver.context.rates import Rates, Tally

KEEP = 0.97
"""What is left of a report's weight at the next one: half after 23."""
NOISE = 0.002
"""The error to be expected of a right model, as a share of a request. Only its ratio to the doubts below matters."""
DOUBT_PLAIN = 0.2
DOUBT_WIDE = 0.5
"""How far a family's factor may be from the truth, as a share of it. Tokenizers differ most in Chinese."""
DOUBT_MESSAGE = 3.0
"""How far a profile's tokens per message may be from the truth."""
DOUBT_PLAIN_CHARACTER = 0.12
DOUBT_WIDE_CHARACTER = 0.8
"""How far tokens per character may be from what families suppose, which is none."""
FARTHEST = 4.0
"""A report this many times above or below what is supposed is not about tokens (hidden prompts, files): ignored."""
CALM_ERROR = 0.1
"""A report that surprises by more counts less, in proportion: one odd report does not turn the rates around."""
FULL_WEIGHT_TOKENS = 200
"""Smaller requests count less, in proportion: what the format adds to every request weighs most there."""
MOST_FACTOR = 2.5
"""Of the family's factor, for each token and each wide character."""
MOST_MESSAGE = 30.0
MOST_PLAIN_CHARACTER = 1.0
DUST = 1e-9
LEAST_MARGIN, LARGEST_MARGIN = 0.01, 0.25
MARGIN_ERRORS = 2.0
"""The margin covers so many typical errors (root of their mean square), the family's own margin being the first two."""

CalibrationKey = tuple[str, str]
"""Model id and encoding."""


FEATURES = 5
_PAIRS = tuple(combinations_with_replacement(range(FEATURES), 2))
_PRODUCTS, _SUMS = len(_PAIRS), len(_PAIRS) + FEATURES


def _features(tally: Tally) -> tuple[int, ...]:
    """What rates are multiplied by, in the order of `_rates`."""
    return (tally.plain, tally.wide, tally.messages, tally.plain_characters, tally.wide_characters)


def _rates(rates: Rates) -> tuple[float, ...]:
    return (rates.plain, rates.wide, rates.message, rates.plain_character, rates.wide_character)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Sums over the reports on one model. `products`: of two features, rows of the upper triangle; `targets`: of a
    feature and the report; `weight`: of all reports; `errors`: of their squared errors.
    """

    products: tuple[float, ...] = (0.0,) * _PRODUCTS
    targets: tuple[float, ...] = (0.0,) * FEATURES
    weight: float = 0.0
    errors: float = 0.0
    observations: int = 0

    @property
    def moments(self) -> list[float]:
        """All sums in one row, for storage."""
        return [*self.products, *self.targets, self.weight, self.errors]

    @classmethod
    def of(cls, moments: Sequence[float], observations: int) -> "Calibration":
        """From `moments`. Those over other features than today's teach nothing: it begins anew."""
        if len(moments) != _SUMS + 2:
            return cls()
        weight, errors = moments[_SUMS:]
        return cls(tuple(moments[:_PRODUCTS]), tuple(moments[_PRODUCTS:_SUMS]), weight, errors, observations)

    def rates(self, supposed: Rates) -> Rates:
        """The rates as far as they are known; without any report the supposed ones."""
        if not self.observations:
            return supposed
        doubts = (
            DOUBT_PLAIN * supposed.plain,
            DOUBT_WIDE * supposed.wide,
            DOUBT_MESSAGE,
            DOUBT_PLAIN_CHARACTER,
            DOUBT_WIDE_CHARACTER,
        )
        most = (
            MOST_FACTOR * supposed.plain,
            MOST_FACTOR * supposed.wide,
            MOST_MESSAGE,
            MOST_PLAIN_CHARACTER,
            MOST_FACTOR * supposed.wide,
        )
        ridge = [(NOISE / doubt) ** 2 for doubt in doubts]
        rows = [[0.0] * FEATURES for _ in ridge]
        for (i, j), product in zip(_PAIRS, self.products, strict=True):
            rows[i][j] = rows[j][i] = product
        for i, pull in enumerate(ridge):
            rows[i][i] += pull
        right = [
            target + pull * value for target, pull, value in zip(self.targets, ridge, _rates(supposed), strict=True)
        ]
        plain, wide, message, *characters = _bounded(rows, right, most)
        return Rates(plain, wide, message, self._margin(supposed), *characters)

    def _margin(self, supposed: Rates) -> float:
        first = (supposed.margin / MARGIN_ERRORS) ** 2
        typical = sqrt((first + self.errors) / (1 + self.weight))
        return _within(MARGIN_ERRORS * typical, LEAST_MARGIN, LARGEST_MARGIN)

    def learned(self, tally: Tally, reported: int, supposed: Rates) -> "Calibration":
        """With one more report. One that cannot be about these tokens changes nothing."""
        expected = supposed.tokens(tally)
        if reported <= 0 or expected <= 0 or not 1 / FARTHEST <= reported / expected <= FARTHEST:
            return self
        error = self.rates(supposed).tokens(tally) / reported - 1
        weight = min(1.0, reported / FULL_WEIGHT_TOKENS) * min(1.0, CALM_ERROR / max(abs(error), CALM_ERROR))
        x = [feature / reported for feature in _features(tally)]
        pairs = [x[i] * x[j] for i, j in _PAIRS]
        # The error of a rate that nothing had corrected yet says nothing about the next error: it counts by and by.
        believed = self.weight / (self.weight + 1)
        return replace(
            self,
            products=tuple(KEEP * old + weight * new for old, new in zip(self.products, pairs, strict=True)),
            targets=tuple(KEEP * old + weight * new for old, new in zip(self.targets, x, strict=True)),
            weight=KEEP * self.weight + weight,
            errors=KEEP * self.errors + weight * believed * error * error,
            observations=self.observations + 1,
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """Calibrations that changed, and the newest time at which one did."""

    calibrations: dict[CalibrationKey, Calibration]
    at: datetime | None


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _bounded(rows: list[list[float]], right: list[float], most: Sequence[float]) -> list[float]:
    """Solve with every unknown from 0 to its most: one that leaves that is held there, and the others adapt to it."""
    while True:
        found = _solved(rows, right)
        held = [_within(value, 0.0, limit) for value, limit in zip(found, most, strict=True)]
        outside = [abs(value - bound) / max(bound, 1.0) for value, bound in zip(found, held, strict=True)]
        worst = max(range(len(found)), key=outside.__getitem__)
        if outside[worst] <= DUST:
            return held
        rows = [[float(i == j) for j in range(len(row))] if i == worst else row for i, row in enumerate(rows)]
        right = [held[i] if i == worst else value for i, value in enumerate(right)]


def _solved(rows: list[list[float]], right: list[float]) -> list[float]:
    """Solve by elimination. The ridge keeps the pivots away from zero."""
    size = len(right)
    rows, right = [list(row) for row in rows], list(right)
    for i in range(size):
        for j in range(i + 1, size):
            share = rows[j][i] / rows[i][i]
            rows[j] = [below - share * above for below, above in zip(rows[j], rows[i], strict=True)]
            right[j] -= share * right[i]
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (right[i] - rest) / rows[i][i]
    return found
