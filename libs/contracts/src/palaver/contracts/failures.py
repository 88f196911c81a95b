"""Why something was refused or failed: one table from stable code to category, HTTP status and whether to retry.

Every error that a person or another process sees is one of these. Edges translate; the core raises `Failure`.
"""

from enum import StrEnum
from typing import Any

from pydantic import Field

from palaver.contracts.subjects import Payload


class Category(StrEnum):
    """Who must act: the network, the caller's credentials, the caller's request, or us."""

    NETWORK = "network"
    AUTHENTICATION = "authentication"
    BUSINESS = "business"
    SYSTEM = "system"


class ErrorCode(StrEnum):
    """Stable codes. Add at the end of a group, never rename."""

    # authentication
    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, not a secret
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    REFRESH_REUSED = "REFRESH_REUSED"
    FORBIDDEN = "FORBIDDEN"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED"
    SIGN_IN_ENDED = "SIGN_IN_ENDED"
    RESET_LINK_INVALID = "RESET_LINK_INVALID"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    SECOND_FACTOR_INVALID = "SECOND_FACTOR_INVALID"
    SIGN_IN_TOO_OLD = "SIGN_IN_TOO_OLD"
    OAUTH_FAILED = "OAUTH_FAILED"
    # business
    VALIDATION_FAILED = "VALIDATION_FAILED"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    REGISTRATION_CLOSED = "REGISTRATION_CLOSED"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    SESSION_ARCHIVED = "SESSION_ARCHIVED"
    NOT_ATTACHED = "NOT_ATTACHED"
    NO_ACTIVE_PARTICIPANT = "NO_ACTIVE_PARTICIPANT"
    TOO_MANY_PARTICIPANTS = "TOO_MANY_PARTICIPANTS"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    MESSAGE_TOO_LONG = "MESSAGE_TOO_LONG"
    FRAME_TOO_LARGE = "FRAME_TOO_LARGE"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    CONTEXT_OVERFLOW = "CONTEXT_OVERFLOW"
    TOO_MANY_PINNED = "TOO_MANY_PINNED"
    TOO_MANY_PERSONAS = "TOO_MANY_PERSONAS"
    PERSONA_NOT_FOUND = "PERSONA_NOT_FOUND"
    MAIL_NOT_CONFIGURED = "MAIL_NOT_CONFIGURED"
    LAST_OWNER = "LAST_OWNER"
    INVITATION_REQUIRED = "INVITATION_REQUIRED"
    INVITATION_INVALID = "INVITATION_INVALID"
    # keys and providers
    KEY_MISSING = "KEY_MISSING"
    KEY_INVALID = "KEY_INVALID"
    KEY_LOCKED = "KEY_LOCKED"
    PASSPHRASE_WRONG = "PASSPHRASE_WRONG"  # noqa: S105 - a code
    KEY_QUOTA_EXCEEDED = "KEY_QUOTA_EXCEEDED"
    PROVIDER_REFUSED = "PROVIDER_REFUSED"
    PROVIDER_QUOTA = "PROVIDER_QUOTA"
    PROVIDER_RATE_LIMITED = "PROVIDER_RATE_LIMITED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    PROVIDER_TIMEOUT = "PROVIDER_TIMEOUT"
    PROVIDER_STREAM_BROKEN = "PROVIDER_STREAM_BROKEN"
    # turns
    STOPPED = "STOPPED"
    INTERRUPTED = "INTERRUPTED"
    # network and system
    TIMEOUT = "TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Trait(Payload):
    """What a code means for the caller."""

    category: Category
    http_status: int
    retryable: bool


def _trait(category: Category, http_status: int, *, retryable: bool = False) -> Trait:
    return Trait(category=category, http_status=http_status, retryable=retryable)


_A, _B, _N, _S = Category.AUTHENTICATION, Category.BUSINESS, Category.NETWORK, Category.SYSTEM

TRAITS: dict[ErrorCode, Trait] = {
    ErrorCode.UNAUTHENTICATED: _trait(_A, 401),
    ErrorCode.TOKEN_EXPIRED: _trait(_A, 401),
    ErrorCode.INVALID_CREDENTIALS: _trait(_A, 401),
    ErrorCode.REFRESH_REUSED: _trait(_A, 401),
    ErrorCode.FORBIDDEN: _trait(_A, 403),
    ErrorCode.ORIGIN_NOT_ALLOWED: _trait(_A, 403),
    ErrorCode.SIGN_IN_ENDED: _trait(_A, 401),
    ErrorCode.RESET_LINK_INVALID: _trait(_A, 403),
    ErrorCode.SECOND_FACTOR_REQUIRED: _trait(_A, 401),
    ErrorCode.SECOND_FACTOR_INVALID: _trait(_A, 401),
    ErrorCode.SIGN_IN_TOO_OLD: _trait(_A, 403),
    ErrorCode.OAUTH_FAILED: _trait(_A, 401),
    ErrorCode.VALIDATION_FAILED: _trait(_B, 422),
    ErrorCode.UNKNOWN_TYPE: _trait(_B, 422),
    ErrorCode.NOT_FOUND: _trait(_B, 404),
    ErrorCode.CONFLICT: _trait(_B, 409),
    ErrorCode.EMAIL_TAKEN: _trait(_B, 409),
    ErrorCode.REGISTRATION_CLOSED: _trait(_B, 403),
    ErrorCode.SESSION_NOT_FOUND: _trait(_B, 404),
    ErrorCode.SESSION_ARCHIVED: _trait(_B, 409),
    ErrorCode.NOT_ATTACHED: _trait(_B, 409),
    ErrorCode.NO_ACTIVE_PARTICIPANT: _trait(_B, 409),
    ErrorCode.TOO_MANY_PARTICIPANTS: _trait(_B, 409),
    ErrorCode.TOO_MANY_SESSIONS: _trait(_B, 429),
    ErrorCode.TOO_MANY_CONNECTIONS: _trait(_B, 429, retryable=True),
    ErrorCode.MESSAGE_TOO_LONG: _trait(_B, 413),
    ErrorCode.FRAME_TOO_LARGE: _trait(_B, 413),
    ErrorCode.MODEL_NOT_FOUND: _trait(_B, 404),
    ErrorCode.RATE_LIMITED: _trait(_B, 429, retryable=True),
    ErrorCode.QUOTA_EXCEEDED: _trait(_B, 402),
    ErrorCode.CONTEXT_OVERFLOW: _trait(_B, 413),
    ErrorCode.TOO_MANY_PINNED: _trait(_B, 409),
    ErrorCode.TOO_MANY_PERSONAS: _trait(_B, 409),
    ErrorCode.PERSONA_NOT_FOUND: _trait(_B, 404),
    ErrorCode.MAIL_NOT_CONFIGURED: _trait(_B, 409),
    ErrorCode.LAST_OWNER: _trait(_B, 409),
    ErrorCode.INVITATION_REQUIRED: _trait(_B, 403),
    ErrorCode.INVITATION_INVALID: _trait(_B, 403),
    ErrorCode.KEY_MISSING: _trait(_B, 409),
    ErrorCode.KEY_INVALID: _trait(_B, 409),
    ErrorCode.KEY_LOCKED: _trait(_B, 423),
    ErrorCode.PASSPHRASE_WRONG: _trait(_B, 403),
    ErrorCode.KEY_QUOTA_EXCEEDED: _trait(_B, 402),
    ErrorCode.PROVIDER_REFUSED: _trait(_B, 422),
    ErrorCode.PROVIDER_QUOTA: _trait(_B, 402),
    ErrorCode.PROVIDER_RATE_LIMITED: _trait(_N, 503, retryable=True),
    ErrorCode.PROVIDER_UNAVAILABLE: _trait(_N, 503, retryable=True),
    ErrorCode.PROVIDER_TIMEOUT: _trait(_N, 504, retryable=True),
    ErrorCode.PROVIDER_STREAM_BROKEN: _trait(_N, 502, retryable=True),
    ErrorCode.STOPPED: _trait(_B, 409),
    ErrorCode.INTERRUPTED: _trait(_S, 500, retryable=True),
    ErrorCode.TIMEOUT: _trait(_N, 504, retryable=True),
    ErrorCode.SERVICE_UNAVAILABLE: _trait(_S, 503, retryable=True),
    ErrorCode.INTERNAL: _trait(_S, 500, retryable=True),
}


class FailureBody(Payload):
    """A failure on the wire. `message` is a human sentence without secrets and without conversation text."""

    code: ErrorCode
    category: Category
    message: str
    retryable: bool
    details: dict[str, Any] = Field(default_factory=dict)


class Failure(Exception):  # noqa: N818 - the field's word; "FailureError" would say it twice
    """Something was refused or went wrong in a way that its caller must be told."""

    def __init__(self, code: ErrorCode, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def body(self) -> FailureBody:
        """The failure as it goes over the wire."""
        trait = TRAITS[self.code]
        return FailureBody(
            code=self.code,
            category=trait.category,
            message=self.message,
            retryable=trait.retryable,
            details=self.details,
        )

    @classmethod
    def of(cls, body: FailureBody) -> "Failure":
        """The exception that a received body stands for."""
        return cls(body.code, body.message, **body.details)
