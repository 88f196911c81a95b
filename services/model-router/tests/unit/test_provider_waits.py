from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from palaver.model_router.providers.waits import retry_after


def test_retry_after_comes_in_milliseconds_seconds_or_as_a_date() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after({"retry-after": "2.5"}) == 2.5
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    asked = retry_after({"retry-after": at})
    assert asked is not None
    assert 25 < asked <= 30


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", ""])
def test_a_senseless_retry_after_is_ignored(value: str) -> None:
    assert retry_after({"retry-after": value}) is None


def test_without_the_header_there_is_none() -> None:
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [("6m0s", 360), ("1s", 1), ("59.56s", 59.56), ("20ms", 0.02), ("1d2h", 93_600), ("7", 7)]
)
def test_what_is_used_up_says_when_there_is_more_of_it(value: str, seconds: float) -> None:
    used_up = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": value}
    assert retry_after(used_up) == pytest.approx(seconds)
    assert retry_after({**used_up, "retry-after": "3"}) == 3
    assert retry_after({**used_up, "x-ratelimit-remaining-requests": "5"}) is None


def test_moments_are_told_from_durations() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    anthropic = {
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": soon.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    openrouter = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(soon.timestamp() * 1_000))}
    for headers in (anthropic, openrouter):
        assert retry_after(headers) == pytest.approx(30, abs=2)
    assert retry_after({**anthropic, "anthropic-ratelimit-tokens-reset": "soon"}) is None
