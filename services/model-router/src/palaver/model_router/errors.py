"""How a provider call fails, in our words. Texts of providers are never passed on: some show a part of the key."""

from typing import Literal

from palaver.contracts.failures import TRAITS, ErrorCode

Fault = Literal[
    "request",
    "key",
    "quota",
    "rate",
    "forbidden",
    "model",
    "unreachable",
    "server",
    "overload",
    "timeout",
    "stall",
    "cut",
]
"""What went wrong, finer than people need to know; `blame` says whose fault it is."""
_FAULTS: dict[ErrorCode, Fault] = {
    ErrorCode.KEY_INVALID: "key",
    ErrorCode.PROVIDER_QUOTA: "quota",
    ErrorCode.PROVIDER_RATE_LIMITED: "rate",
    ErrorCode.MODEL_NOT_FOUND: "model",
    ErrorCode.PROVIDER_UNAVAILABLE: "server",
    ErrorCode.PROVIDER_TIMEOUT: "stall",
    ErrorCode.PROVIDER_STREAM_BROKEN: "cut",
}
"""What a code means where nothing more is known; every other one is the request's fault."""

MESSAGES: dict[ErrorCode, str] = {
    ErrorCode.KEY_INVALID: "The provider refused the key.",
    ErrorCode.MODEL_NOT_FOUND: "The provider does not offer this model to this key.",
    ErrorCode.CONTEXT_OVERFLOW: "The conversation does not fit the model's window.",
    ErrorCode.PROVIDER_REFUSED: "The provider refused the request.",
    ErrorCode.PROVIDER_QUOTA: "The provider account has no credit left.",
    ErrorCode.PROVIDER_RATE_LIMITED: "The provider limits how often it may be called.",
    ErrorCode.PROVIDER_UNAVAILABLE: "The provider cannot be reached or has trouble of its own.",
    ErrorCode.PROVIDER_TIMEOUT: "The provider took too long.",
    ErrorCode.PROVIDER_STREAM_BROKEN: "The answer broke off.",
}


class ProviderFailed(Exception):  # noqa: N818 - the field's word
    """A provider call failed.

    `refused`: the provider turned the request down before doing any work, so nothing is to be paid.
    `reason` is for logs: a class name or a provider's error code, never its text.
    """

    def __init__(
        self,
        code: ErrorCode,
        reason: str,
        *,
        refused: bool = False,
        retry_after_seconds: float | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.refused = refused
        self.retry_after_seconds = retry_after_seconds
        self.fault: Fault = fault or _FAULTS.get(code, "request")

    @property
    def message(self) -> str:
        """The sentence that people read."""
        return MESSAGES[self.code]

    @property
    def retryable(self) -> bool:
        """Whether time may heal it."""
        return TRAITS[self.code].retryable


class RouteClosed(Exception):  # noqa: N818 - as above
    """Since a way was chosen, something on it was found to be broken. Nothing was called."""
