"""From an HTTP answer of a provider to a failure in our words. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import ProviderFailed

_BY_STATUS: dict[int, ErrorCode] = {
    HTTPStatus.UNAUTHORIZED: ErrorCode.KEY_INVALID,
    HTTPStatus.PAYMENT_REQUIRED: ErrorCode.PROVIDER_QUOTA,
    HTTPStatus.NOT_FOUND: ErrorCode.MODEL_NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: ErrorCode.PROVIDER_TIMEOUT,
    HTTPStatus.CONFLICT: ErrorCode.PROVIDER_UNAVAILABLE,  # both SDKs retry it: a lock at the provider
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorCode.CONTEXT_OVERFLOW,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorCode.PROVIDER_RATE_LIMITED,
}
_OVERFLOW_WORDS = ("context length", "context_length", "context window", "prompt is too long", "exceed context limit")
"""How providers say in a 400 that the prompt is too long; only OpenAI has a code for it."""
_QUOTA_WORDS = ("insufficient_quota", "credit balance")


def failure_of(status: int, code: str | None, message: str, headers: Mapping[str, str]) -> ProviderFailed:
    """The failure that a status other than 2xx means. `message` is only searched, never passed on."""
    return ProviderFailed(
        _code_of(status, f"{code or ''} {message}".lower()),
        f"status {status}" + (f" {code}" if code else ""),
        refused=True,
        retry_after_seconds=retry_after(headers),
    )


def _code_of(status: int, words: str) -> ErrorCode:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        if any(word in words for word in _QUOTA_WORDS):
            return ErrorCode.PROVIDER_QUOTA
        if status == HTTPStatus.BAD_REQUEST and any(word in words for word in _OVERFLOW_WORDS):
            return ErrorCode.CONTEXT_OVERFLOW
        return _BY_STATUS.get(status, ErrorCode.PROVIDER_REFUSED)
    return ErrorCode.PROVIDER_UNAVAILABLE


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait: `retry-after-ms`, or `retry-after` as seconds or date (RFC 9110)."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1_000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < float("inf") else None
