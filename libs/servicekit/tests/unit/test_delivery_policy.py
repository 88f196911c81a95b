"""The decision table of the delivery policy."""

import pytest
from pydantic import BaseModel, ValidationError

from palaver.contracts.failures import ErrorCode, Failure
from palaver.servicekit.delivery import (
    LONGEST_RETRY_SECONDS,
    MAX_DELIVERIES,
    Attempt,
    Exhausted,
    Undeliverable,
    Verdict,
    judge,
    reason_of,
    retry_delay_seconds,
)
from palaver.servicekit.errors import Contended, Unavailable


class _Shape(BaseModel):
    number: int


def _malformed() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        _Shape.model_validate_json('{"number": "my secret diary"}')
    return caught.value


OUTAGE = Unavailable("postgres")
LOCKED = Contended("postgres", "55P03")
REFUSED = Failure(ErrorCode.NOT_FOUND, "no such thing")
PASSING = Failure(ErrorCode.RATE_LIMITED, "later")
BUG = RuntimeError("a bug")


@pytest.mark.parametrize(
    ("error", "deliveries", "tries", "unordered", "ordered"),
    [
        (OUTAGE, 1, 1, Verdict.HOLD, Verdict.HOLD),
        (OUTAGE, 99, 99, Verdict.HOLD, Verdict.HOLD),
        (REFUSED, 1, 1, Verdict.DEAD_LETTER, Verdict.DEAD_LETTER),
        (_malformed(), 1, 1, Verdict.DEAD_LETTER, Verdict.DEAD_LETTER),
        (Undeliverable("unbound"), 1, 1, Verdict.DEAD_LETTER, Verdict.DEAD_LETTER),
        (Exhausted("6"), 1, 1, Verdict.DEAD_LETTER, Verdict.DEAD_LETTER),
        (BUG, 1, 1, Verdict.RETRY_LATER, Verdict.RETRY_NOW),
        (BUG, 1, 2, Verdict.RETRY_LATER, Verdict.DEAD_LETTER),
        (BUG, MAX_DELIVERIES - 1, 1, Verdict.RETRY_LATER, Verdict.RETRY_NOW),
        (BUG, MAX_DELIVERIES, 1, Verdict.DEAD_LETTER, Verdict.RETRY_NOW),
        (PASSING, 1, 1, Verdict.RETRY_LATER, Verdict.RETRY_NOW),
        (LOCKED, 1, 1, Verdict.RETRY_LATER, Verdict.RETRY_NOW),
        (LOCKED, 1, 2, Verdict.RETRY_LATER, Verdict.DEAD_LETTER),
        (TimeoutError(), 1, 1, Verdict.RETRY_LATER, Verdict.RETRY_NOW),
    ],
)
def test_each_failure_has_one_consequence(
    error: Exception, deliveries: int, tries: int, unordered: Verdict, ordered: Verdict
) -> None:
    attempt = Attempt(error, deliveries, tries)
    assert judge(attempt, ordered=False) is unordered
    assert judge(attempt, ordered=True) is ordered


def test_retry_delays_grow_and_are_capped() -> None:
    assert retry_delay_seconds(1) < retry_delay_seconds(3) < retry_delay_seconds(5)
    assert retry_delay_seconds(50) <= LONGEST_RETRY_SECONDS * 1.25


def test_reasons_name_codes_places_and_types_but_never_values() -> None:
    assert reason_of(REFUSED) == "NOT_FOUND"
    assert reason_of(_malformed()) == "number: int_parsing"
    assert reason_of(ValueError("my secret diary")) == "ValueError"
