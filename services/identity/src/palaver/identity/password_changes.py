"""A person changes their password."""

from datetime import datetime, timedelta

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId
from palaver.contracts.passwords import PasswordChange
from palaver.identity import audit_events
from palaver.identity.endings import Endings
from palaver.identity.errors import current_password_wrong, fresh_sign_in_needed, user_not_found
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.store import families, resets, second_factors, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

FRESH = timedelta(minutes=10)
"""Who has no password proves themselves by having signed in this lately: by a link, or elsewhere."""
CHANGE = "password.change"


class PasswordChanges:
    """The one who asks stays signed in; all other sign-ins of the person end."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        passwords: Passwords,
        endings: Endings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._endings = endings
        self._clock = clock

    async def change(self, actor: Actor, sid: SignInId, change: PasswordChange) -> None:
        """Raises Failure(INVALID_CREDENTIALS): the present password is wrong or missing, or was changed meanwhile;
        Failure(NOT_FOUND) for somebody who has no account."""
        now = self._clock()
        async with self._database.read() as conn:
            user = await users.read(conn, actor.user_id)
            stored = await users.password_of(conn, actor.user_id)
            since = await families.opened_at(conn, actor.user_id, sid)
        if user is None:
            raise user_not_found()
        if stored is None:
            self._check_fresh(since, now)
        elif not (await self._passwords.check(change.current_password or "", stored)).right:
            await self._refuse(actor, now)
            raise current_password_wrong()
        new_hash = await self._passwords.hash(change.new_password)
        async with self._transactions.begin() as work:
            if not await users.replace_password(work.conn, actor.user_id, stored, new_hash, now):
                raise current_password_wrong()
            await resets.withdraw(work.conn, actor.user_id)
            await second_factors.end_challenges(work.conn, actor.user_id)
            await self._endings.end_all(work, actor.user_id, "password_changed", but=sid)
            await work.say(audit_events.done(CHANGE, actor.user_id, now, address=actor.address, device=actor.device))

    def _check_fresh(self, since: datetime | None, now: datetime) -> None:
        if since is None or now - since > FRESH:
            raise fresh_sign_in_needed()

    async def _refuse(self, actor: Actor, now: datetime) -> None:
        async with self._transactions.begin() as work:
            await work.say(audit_events.refused(CHANGE, actor.user_id, now, address=actor.address, device=actor.device))
