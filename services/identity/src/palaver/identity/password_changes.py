"""A person changes their password."""

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId
from palaver.contracts.passwords import PasswordChange
from palaver.identity import audit_events
from palaver.identity.endings import Endings
from palaver.identity.errors import current_password_wrong, user_not_found
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.proving import Proving
from palaver.identity.store import resets, second_factors, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

CHANGE = "password.change"


class PasswordChanges:
    """The one who asks stays signed in; all other sign-ins of the person end."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        passwords: Passwords,
        proving: Proving,
        endings: Endings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._proving = proving
        self._endings = endings
        self._clock = clock

    async def change(self, actor: Actor, sid: SignInId, change: PasswordChange) -> None:
        """Raises Failure: what `Proving.prove` does, INVALID_CREDENTIALS also for a password that was changed
        meanwhile, NOT_FOUND for somebody who has no account."""
        async with self._database.read() as conn:
            if await users.read(conn, actor.user_id) is None:
                raise user_not_found()
        stored = await self._proving.prove(actor, change.current_password, sid, CHANGE)
        now = self._clock()
        new_hash = await self._passwords.hash(change.new_password)
        async with self._transactions.begin() as work:
            if not await users.replace_password(work.conn, actor.user_id, stored, new_hash, now):
                raise current_password_wrong()
            await resets.withdraw(work.conn, actor.user_id)
            await second_factors.end_challenges(work.conn, actor.user_id)
            await self._endings.end_all(work, actor.user_id, "password_changed", but=sid)
            await work.say(audit_events.by(actor, CHANGE, actor.user_id, now))
