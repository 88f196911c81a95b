"""A forgotten password: a link is asked for, mailed (`postman.py`), and used once."""

from collections.abc import Callable

from palaver.contracts.passwords import PasswordReset, RequestPasswordReset
from palaver.identity import audit_events
from palaver.identity.domain import Status, normal_email
from palaver.identity.endings import Endings
from palaver.identity.errors import mail_not_configured, reset_link_invalid
from palaver.identity.opaque import digest_of
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.store import mails, resets, second_factors, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

RESET = "password.reset"


class PasswordResets:
    """`wake` tells whoever sends that a mail waits; None where no mail can be sent."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        passwords: Passwords,
        endings: Endings,
        clock: Clock,
        wake: Callable[[], None] | None,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._endings = endings
        self._clock = clock
        self._wake = wake

    async def ask(self, request: RequestPasswordReset) -> None:
        """The same work and the same answer for every address. Raises Failure(MAIL_NOT_CONFIGURED)."""
        if self._wake is None:
            raise mail_not_configured()
        async with self._transactions.begin() as work:
            email, now = normal_email(request.email), self._clock()
            await mails.add(work.conn, email, request.language, now, asked_from=request.address)
            work.then(self._wake)

    async def reset(self, wanted: PasswordReset, address: str | None) -> None:
        """All sign-ins of the person end, and so do their other links. Raises Failure(RESET_LINK_INVALID)."""
        now, digest = self._clock(), digest_of(wanted.token)
        async with self._database.read() as conn:
            if not await resets.is_usable(conn, digest, now):  # before a hash is computed for nothing
                raise reset_link_invalid()
        new_hash = await self._passwords.hash(wanted.new_password)
        async with self._transactions.begin() as work:
            user_id = await resets.use(work.conn, digest, now)
            user = await users.read(work.conn, user_id) if user_id else None
            if user is None or user.status is not Status.ACTIVE:
                raise reset_link_invalid()
            await users.set_password(work.conn, user.id, new_hash, now)
            await resets.withdraw(work.conn, user.id)
            await second_factors.end_challenges(work.conn, user.id)
            await self._endings.end_all(work, user.id, "password_reset")
            await work.say(audit_events.happened(RESET, user.id, now, address=address))
