"""Identifiers: UUIDv7 in lower case, so that they sort by time and are single subject tokens."""

from datetime import UTC, datetime
from typing import NewType

import uuid_utils

UserId = NewType("UserId", str)
SignInId = NewType("SignInId", str)
"""One sign-in of a person, from their log-in to its end; access tokens carry it as `sid`."""
SessionId = NewType("SessionId", str)
ParticipantId = NewType("ParticipantId", str)
MessageId = NewType("MessageId", str)
"""A user message or a reply: both are rows of one table."""
TurnId = NewType("TurnId", str)
WorkerId = NewType("WorkerId", str)
KeyId = NewType("KeyId", str)
CallId = NewType("CallId", str)
CompletionId = NewType("CompletionId", str)
"""A side job: chosen by whoever asks for it."""
InvitationId = NewType("InvitationId", str)
ShareId = NewType("ShareId", str)
SummaryId = NewType("SummaryId", str)
"""One version of a summary."""

HEX_DIGITS = 32
VERSION_AT = 12
"""RFC 9562: 48 bits of milliseconds since the epoch, then the version."""


def new_id() -> str:
    """A fresh UUIDv7."""
    return str(uuid_utils.uuid7())


def made_at(made: str) -> datetime | None:
    """When an id was made, to the millisecond; None for one that does not say."""
    digits = made.replace("-", "")
    if len(digits) != HEX_DIGITS or digits[VERSION_AT] != "7":
        return None
    return datetime.fromtimestamp(int(digits[:VERSION_AT], 16) / 1000, UTC)
