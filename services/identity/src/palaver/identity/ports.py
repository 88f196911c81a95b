"""What this service needs from outside its own tables, named by role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sign_ins import SignInEnded

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


class Mailer(Protocol):
    """How mails leave. `local` if they stay on this machine."""

    local: bool

    async def send(self, mail: EmailMessage) -> None:
        """Send it; the sender is filled in. Raises MailNotSentError."""
        ...


class EndedSignIns(Protocol):
    """Where whoever verifies access tokens looks whether their sign-in is over."""

    async def keep(self, ended: Sequence[SignInEnded], now: datetime) -> None:
        """For as long as their tokens could be presented; a repetition changes nothing. Raises Unavailable."""
        ...
