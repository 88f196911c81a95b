"""Decides, without I/O, whether and when a failed provider call is tried again."""

from dataclasses import dataclass

from palaver.model_router.errors import ProviderFailed


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_calls` counts all provider calls of one attempt at a turn. Pauses double from `first_pause_seconds`."""

    max_calls: int = 4
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 8.0
    longest_retry_after_seconds: float = 60.0
    """A provider that asks for more patience than this is given up: a person is waiting."""


def pause_before_retry(
    failure: ProviderFailed, policy: RetryPolicy, *, calls: int, seconds_left: float, spread: float
) -> float | None:
    """Seconds to wait before the next call, or None to give up.

    `calls` were made, the last of which failed before its first token; `seconds_left` of the turn's time remain;
    `spread` (0…1, random) keeps many workers from calling at the same moment. A provider's Retry-After is a minimum.
    """
    if not failure.retryable or calls >= policy.max_calls:
        return None
    doubled: float = policy.first_pause_seconds * 2.0 ** (calls - 1)
    pause = min(policy.longest_pause_seconds, doubled) * (0.75 + 0.5 * spread)
    asked = failure.retry_after_seconds
    if asked is not None:
        if asked > policy.longest_retry_after_seconds:
            return None
        pause = max(pause, asked)
    return pause if pause < seconds_left else None
