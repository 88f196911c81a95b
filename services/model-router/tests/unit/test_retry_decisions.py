import pytest

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.routing import RetryPolicy, pause_before_retry

POLICY = RetryPolicy()


def pause(code: ErrorCode, *, calls: int = 1, left: float = 1_000, retry_after: float | None = None) -> float | None:
    failure = ProviderFailed(code, "test", retry_after_seconds=retry_after)
    return pause_before_retry(failure, POLICY, calls=calls, seconds_left=left, spread=0.5)


@pytest.mark.parametrize(
    "code",
    [ErrorCode.KEY_INVALID, ErrorCode.PROVIDER_QUOTA, ErrorCode.CONTEXT_OVERFLOW, ErrorCode.PROVIDER_REFUSED],
)
def test_what_time_does_not_heal_is_not_tried_again(code: ErrorCode) -> None:
    assert pause(code) is None


def test_pauses_double_up_to_a_limit() -> None:
    policy = RetryPolicy(max_calls=100)
    failure = ProviderFailed(ErrorCode.PROVIDER_UNAVAILABLE, "test")
    pauses = [pause_before_retry(failure, policy, calls=n, seconds_left=1e9, spread=0.5) for n in range(1, 8)]
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_calls_are_limited() -> None:
    assert pause(ErrorCode.PROVIDER_UNAVAILABLE, calls=POLICY.max_calls - 1) is not None
    assert pause(ErrorCode.PROVIDER_UNAVAILABLE, calls=POLICY.max_calls) is None


def test_retry_after_is_a_minimum() -> None:
    assert pause(ErrorCode.PROVIDER_RATE_LIMITED, retry_after=7) == 7
    assert pause(ErrorCode.PROVIDER_RATE_LIMITED, retry_after=0) == 0.5


def test_a_provider_that_asks_for_too_much_patience_is_given_up() -> None:
    assert pause(ErrorCode.PROVIDER_RATE_LIMITED, retry_after=61) is None


def test_a_pause_beyond_the_turns_time_is_not_begun() -> None:
    assert pause(ErrorCode.PROVIDER_RATE_LIMITED, left=5, retry_after=6) is None
