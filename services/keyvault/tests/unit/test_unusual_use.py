"""What is unusual about a key's use, and what is not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from palaver.contracts import limits
from palaver.keyvault.unusual import Habit, Unusual, Use, unusual

TODAY = date(2030, 5, 15)
YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO = TODAY - timedelta(days=limits.KEY_SILENT_DAYS)


def habit(days: int = 4, *, calls: int = 400, failures: int = 4, dollars: str = "8", last: date = YESTERDAY) -> Habit:
    """By default 100 calls, one of them failed, and 2 dollars a day."""
    return Habit(days, Use(calls, failures, Decimal(dollars)), last)


NEW = habit(0, calls=0, failures=0, dollars="0")


@pytest.mark.parametrize(
    ("use", "before", "found"),
    [
        (Use(500, 1, Decimal(10)), habit(), []),
        (Use(501, 1, Decimal(10)), habit(), [Unusual("calls", Decimal(501), Decimal(100))]),
        (Use(500, 1, Decimal("10.01")), habit(), [Unusual("dollars", Decimal("10.01"), Decimal(2))]),
        (Use(49, 0, Decimal("0.99")), habit(calls=4, dollars="0.04"), []),  # far more, but little
        (Use(9_000, 0, Decimal(900)), habit(limits.KEY_HABIT_MIN_DAYS - 1), []),  # no habit yet
        (Use(9_000, 0, Decimal(900)), NEW, []),
        (Use(39, 20), NEW, [Unusual("failures", Decimal(20), Decimal(0))]),
        (Use(40, 20), NEW, []),  # half of them
        (Use(19, 19), NEW, []),
        (Use(39, 20), habit(failures=16), []),  # it always fails as often
        (Use(1), habit(0, last=LONG_AGO), [Unusual("silence", Decimal(30), Decimal(30))]),
        (Use(1), habit(0, last=LONG_AGO + timedelta(days=1)), []),
        (Use(), habit(0, last=LONG_AGO), []),
    ],
)
def test_a_day_is_unusual_beyond_the_key_s_own_habit(use: Use, before: Habit, found: list[Unusual]) -> None:
    assert list(unusual(TODAY, use, before)) == found
