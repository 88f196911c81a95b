"""What this service needs from outside its own tables, named by role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Protocol

from sqlalchemy import Row, Table

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sign_ins import SignInEnded
from palaver.identity.oauth_proof import Attempt, Proof
from palaver.servicekit.broker import Outgoing
from palaver.servicekit.transactions import Work

Clock = Callable[[], datetime]
"""Now, with a time zone."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose ticket, of which sign-in, and when the access token that asked for it ends."""

    user_id: UserId
    sid: SignInId | None
    expires_at: datetime


class TicketStore(Protocol):
    """Where tickets wait for their use. Losing them loses no truth: whoever had one asks for another."""

    async def keep(self, digest: bytes, ticket: Ticket, seconds: int) -> None:
        """Until it is taken or the time is over. Raises Unavailable."""
        ...

    async def take(self, digest: bytes) -> Ticket | None:
        """Hand a ticket out, once for all replicas together. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class KnownAttempt:
    """A sign-in elsewhere that is under way: where, the digests of what its browser keeps and of an invitation that
    it brought."""

    provider: str
    binding: bytes
    invitation: bytes | None = None


class AttemptStore(Protocol):
    """Where attempts wait for their browsers, by the digest of their state. Losing them loses no truth."""

    async def keep(self, state: bytes, attempt: KnownAttempt) -> None:
        """Until it is taken or ten minutes are over. Raises Unavailable."""
        ...

    async def take(self, state: bytes) -> KnownAttempt | None:
        """Hand it out, once for all replicas together. Raises Unavailable."""
        ...


class Issuer(Protocol):
    """A provider of sign-ins. Raises Unavailable, OAuthRefusedError, and what the HTTP client raises."""

    async def url(self, attempt: Attempt, state: str, redirect_uri: str) -> str:
        """Where to send a browser."""
        ...

    async def prove(self, attempt: Attempt, code: str, iss: str | None, redirect_uri: str) -> Proof:
        """What a code proves; `iss` came back with it."""
        ...


class Mailer(Protocol):
    """How mails leave. `local` if they stay on this machine."""

    local: bool

    async def send(self, mail: EmailMessage) -> None:
        """Send it; the sender is filled in. Raises MailNotSentError."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready. `sent` is its entry of the audit trail, `about` whom it tells of, and `digest` that of the
    secret in it."""

    mail: EmailMessage
    sent: Outgoing
    about: UserId | None
    digest: bytes | None = None


class Desk(Protocol):
    """Where one kind of mail waits; `store.waiting` says with which columns."""

    table: Table

    async def write(self, work: Work, row: Row[Any], now: datetime) -> Letter | None:
        """What is to be sent; None if nobody gets it. Raises MailNotSentError."""
        ...

    async def withdraw(self, work: Work, digest: bytes) -> None:
        """The mail with this secret did not get away."""
        ...


class EndedSignIns(Protocol):
    """Where whoever verifies access tokens looks whether their sign-in is over."""

    async def keep(self, ended: Sequence[SignInEnded], now: datetime) -> None:
        """For as long as their tokens could be presented; a repetition changes nothing. Raises Unavailable."""
        ...
