"""What is unusual about a key's use: rules that its keeper can check against the days that they are shown. No I/O.

A stolen key is used more than before, or again after a long time; one that somebody tries out fails a lot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from palaver.contracts import limits
from palaver.contracts.client_protocol import UnusualRule

MOST = 2
"""Failed calls are most of a day's if so many times as many are more than all."""


@dataclass(frozen=True, slots=True)
class Use:
    """Calls of a day, or of several."""

    calls: int = 0
    failures: int = 0
    dollars: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Habit:
    """What was used on the `days` with a call among the last ones, today aside; `last` is the last day with one ever,
    or that on which the key was stored."""

    days: int
    used: Use
    last: date


@dataclass(frozen=True, slots=True)
class Unusual:
    """What is unusual, beside what is not: see `client_protocol.KeyUnusualData`."""

    rule: UnusualRule
    amount: Decimal
    usual: Decimal


def unusual(day: date, use: Use, habit: Habit) -> Iterator[Unusual]:
    """What is unusual about this day so far."""
    silent = (day - habit.last).days
    if use.calls and silent >= limits.KEY_SILENT_DAYS:
        yield Unusual("silence", Decimal(silent), Decimal(limits.KEY_SILENT_DAYS))
    if use.failures * MOST > use.calls:
        yield from _beyond("failures", use.failures, habit.used.failures, habit, limits.KEY_UNUSUAL_FAILURES)
    if habit.days >= limits.KEY_HABIT_MIN_DAYS:
        yield from _beyond("calls", use.calls, habit.used.calls, habit, limits.KEY_UNUSUAL_CALLS)
        yield from _beyond("dollars", use.dollars, habit.used.dollars, habit, limits.KEY_UNUSUAL_DOLLARS)


def _beyond(
    rule: UnusualRule, amount: int | Decimal, before: int | Decimal, habit: Habit, least: int
) -> Iterator[Unusual]:
    usual = Decimal(before) / max(habit.days, 1)
    if amount >= least and amount > limits.KEY_UNUSUAL_FACTOR * usual:
        yield Unusual(rule, Decimal(amount), usual)
