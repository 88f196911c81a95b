"""Single-use credentials for one WebSocket handshake, for clients that cannot send a header."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId
from palaver.identity.domain import Status, User
from palaver.identity.errors import invalid_ticket
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Clock, Ticket, TicketStore
from palaver.identity.store import families, users
from palaver.servicekit.database import Database


@dataclass(frozen=True, slots=True)
class Issued:
    """A ticket for whoever asked for it."""

    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose ticket it was, of which sign-in, and when the access token behind it ends."""

    user: User
    sid: SignInId | None
    expires_at: datetime


class Tickets:
    """`seconds` is the life of a ticket, `access` the longest life of the access token that asked for it."""

    def __init__(
        self,
        store: TicketStore,
        database: Database,
        metrics: IdentityMetrics,
        clock: Clock,
        *,
        seconds: int,
        access: timedelta,
    ) -> None:
        self._store = store
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._seconds = seconds
        self._access = access

    async def issue(self, actor: Actor, sid: SignInId | None, sign_in_ends_at: datetime | None) -> Issued:
        """A ticket for the actor. Raises Unavailable while the store is down."""
        now, secret = self._clock(), new_secret()
        latest = now + self._access
        ends_at = latest if sign_in_ends_at is None else min(sign_in_ends_at, latest)
        await self._store.keep(digest_of(secret), Ticket(actor.user_id, sid, ends_at), self._seconds)
        self._metrics.tickets.labels("issued").inc()
        return Issued(secret, now + timedelta(seconds=self._seconds))

    async def redeem(self, secret: str) -> Holder:
        """Use a ticket up. Raises Failure(UNAUTHENTICATED), Unavailable (the ticket may be used up by then)."""
        ticket = await self._store.take(digest_of(secret))
        if ticket is not None:
            async with self._database.read() as conn:
                user = await users.read(conn, ticket.user_id)
                goes_on = ticket.sid is None or await families.is_open(conn, ticket.user_id, ticket.sid)
            if user is not None and user.status is Status.ACTIVE and goes_on:
                self._metrics.tickets.labels("redeemed").inc()
                return Holder(user, ticket.sid, ticket.expires_at)
        self._metrics.tickets.labels("refused").inc()
        raise invalid_ticket()
