"""How long a provider asks to be left alone, from its headers. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_OWN = (
    # Remaining, reset: what is used up says when there is more of it.
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),  # OpenAI, Groq: `6m0s`
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),  # RFC 3339
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),  # OpenRouter: milliseconds since the epoch
)
"""developers.openai.com/api/docs/guides/rate-limits · console.groq.com/docs/rate-limits ·
platform.claude.com/docs/en/api/rate-limits · openrouter.ai/docs/api/reference/limits"""
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_PARTS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_EPOCH_MILLISECONDS = 1e11
"""More than this is no duration."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait: `retry-after-ms`, `retry-after` as seconds or date (RFC 9110), else the
    provider's own headers."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1_000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    return _until_date(value) if value else _own(headers)


def _own(headers: Mapping[str, str]) -> float | None:
    waits = (_wait(headers.get(reset, "")) for left, reset in _OWN if _number(headers.get(left)) == 0)
    return max((wait for wait in waits if wait is not None), default=None)


def _wait(value: str) -> float | None:
    number = _number(value)
    if number is not None:
        return _left(number / 1_000) if number > _EPOCH_MILLISECONDS else number
    duration = _DURATION.fullmatch(value) if value else None
    if duration is not None:
        return sum(float(part) * unit for part, unit in zip(duration.groups(), _PARTS, strict=True) if part)
    try:
        return _left(datetime.fromisoformat(value).timestamp())
    except ValueError:
        return None


def _until_date(value: str) -> float | None:
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return _left(at.replace(tzinfo=at.tzinfo or UTC).timestamp())


def _left(moment: float) -> float:
    return max(0.0, moment - datetime.now(UTC).timestamp())


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < float("inf") else None
