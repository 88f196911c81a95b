"""What this service needs from outside its own tables, named by role."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from palaver.contracts.ids import UserId

Clock = Callable[[], datetime]
"""Now, with a time zone."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose ticket, and when the sign-in that asked for it ends."""

    user_id: UserId
    expires_at: datetime


class TicketStore(Protocol):
    """Where tickets wait for their use. Losing them loses no truth: whoever had one asks for another."""

    async def keep(self, digest: bytes, ticket: Ticket, seconds: int) -> None:
        """Until it is taken or the time is over. Raises Unavailable."""
        ...

    async def take(self, digest: bytes) -> Ticket | None:
        """Hand a ticket out, once for all replicas together. Raises Unavailable."""
        ...
