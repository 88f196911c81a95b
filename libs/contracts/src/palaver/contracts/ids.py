"""Identifiers: UUIDv7 in lower case, so that they sort by time and are single subject tokens."""

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
SummaryId = NewType("SummaryId", str)
"""One version of a summary."""


def new_id() -> str:
    """A fresh UUIDv7."""
    return str(uuid_utils.uuid7())
