"""What a key's quota leaves of it. Days and months are those of UTC. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from palaver.contracts.key_records import KeyQuota
from palaver.contracts.limits import KEY_QUOTA_WARNING

Measure = Literal["calls", "dollars"]
Period = Literal["day", "month"]

WARNING = Decimal(str(KEY_QUOTA_WARNING))


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used of a key so far today and this month."""

    calls_today: int = 0
    calls_this_month: int = 0
    dollars_today: Decimal = Decimal(0)
    dollars_this_month: Decimal = Decimal(0)


NOTHING_SPENT = Spent()


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a quota, and how much of it is used."""

    measure: Measure
    period: Period
    used: Decimal
    allowed: Decimal

    @property
    def exceeded(self) -> bool:
        """Nothing is left."""
        return self.used >= self.allowed

    @property
    def near(self) -> bool:
        """Its keeper should know."""
        return self.used >= self.allowed * WARNING


def limits_of(quota: KeyQuota, spent: Spent) -> Iterator[Limit]:
    """The limits that the quota has."""
    rows: tuple[tuple[Measure, Period, int | Decimal, int | Decimal | None], ...] = (
        ("calls", "day", spent.calls_today, quota.calls_per_day),
        ("calls", "month", spent.calls_this_month, quota.calls_per_month),
        ("dollars", "day", spent.dollars_today, quota.dollars_per_day),
        ("dollars", "month", spent.dollars_this_month, quota.dollars_per_month),
    )
    for measure, period, used, allowed in rows:
        if allowed is not None:
            yield Limit(measure, period, Decimal(used), Decimal(allowed))


def used_up(quota: KeyQuota, spent: Spent) -> Limit | None:
    """The limit that keeps the key from being used, the longer one if there are two."""
    exceeded = [limit for limit in limits_of(quota, spent) if limit.exceeded]
    return max(exceeded, key=lambda limit: limit.period == "month", default=None)


def day_of(moment: datetime) -> date:
    """The day of UTC."""
    return moment.astimezone(UTC).date()


def begin_of(period: Period, day: date) -> date:
    """The first day of the day or month that `day` belongs to."""
    return day if period == "day" else day.replace(day=1)


def end_of(period: Period, day: date) -> date:
    """The first day after it, from which the key is used again."""
    if period == "day":
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
