"""Proving oneself once more, for what cannot be undone: by the password, or by a sign-in that has just begun."""

from datetime import timedelta

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId
from palaver.identity import audit_events
from palaver.identity.errors import current_password_wrong, fresh_sign_in_needed, password_needed
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.store import families, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

FRESH = timedelta(minutes=10)
"""Who has no password proves themselves by having signed in this lately: by a link, or elsewhere."""


class Proving:
    """A wrong password is an entry of the audit trail, under the action that it was for."""

    def __init__(self, database: Database, transactions: Transactions, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._clock = clock

    async def prove(self, actor: Actor, password: str | None, sid: SignInId | None, action: str) -> str | None:
        """Returns the hash that the password was compared with; None for whoever has none. Raises Failure:
        INVALID_CREDENTIALS, VALIDATION_FAILED without the password, SIGN_IN_TOO_OLD where there is none to give."""
        async with self._database.read() as conn:
            stored = await users.password_of(conn, actor.user_id)
            opened_at = await families.opened_at(conn, actor.user_id, sid) if sid else None
        if stored is None:
            if opened_at is None or self._clock() - opened_at > FRESH:
                raise fresh_sign_in_needed()
        elif password is None:
            raise password_needed()
        elif not (await self._passwords.check(password, stored)).right:
            async with self._transactions.begin() as work:
                await work.say(audit_events.refused_to(actor, action, self._clock()))
            raise current_password_wrong()
        return stored
