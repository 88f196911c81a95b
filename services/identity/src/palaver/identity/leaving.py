"""Deleting accounts: what is here goes at once, and every other service hears that it has to forget the person.

A row without anything personal stays, so that the id is not given again and the audit trail knows what it was.
"""

import asyncio
from datetime import timedelta

import structlog

from palaver.contracts.actors import Actor, Role
from palaver.contracts.identity import DeletionProof
from palaver.contracts.ids import SignInId, UserId
from palaver.identity import audit_events
from palaver.identity.domain import Status, User
from palaver.identity.endings import Endings
from palaver.identity.errors import code_wrong, last_owner, user_not_found
from palaver.identity.ports import Clock
from palaver.identity.proving import Proving
from palaver.identity.second_factors import SecondFactors
from palaver.identity.store import audit, users
from palaver.servicekit.transactions import Transactions, Work

DELETE = "user.delete"
SAID_AGAIN_FOR = timedelta(hours=26)
"""The broker keeps events for 24 hours: what was on its way when somebody left has arrived, or is gone, by then."""
SAID_AGAIN_SECONDS = 3600.0

_log = structlog.get_logger()


class Leaving:
    """By the person's own wish, or an administrator's."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        proving: Proving,
        second_factors: SecondFactors,
        endings: Endings,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._proving = proving
        self._second_factors = second_factors
        self._endings = endings
        self._clock = clock

    async def leave(self, actor: Actor, proof: DeletionProof | None, sid: SignInId | None) -> None:
        """Delete the actor's own account. Raises Failure: INVALID_CREDENTIALS, SECOND_FACTOR_INVALID, VALIDATION_FAILED
        without the password or the code, SIGN_IN_TOO_OLD where there is no password to give, LAST_OWNER, NOT_FOUND."""
        await self._proving.prove(actor, proof and proof.password, sid, DELETE)
        now = self._clock()
        async with self._transactions.begin() as work:
            proven = await self._second_factors.also_proves(work, actor.user_id, proof and proof.code, now)
            if proven:
                await self.remove(work, actor.user_id)
                # Without the address: nothing stays that leads to the person.
                await work.say(audit_events.done(DELETE, actor.user_id, now))
            else:
                await work.say(audit_events.refused_to(actor, DELETE, now))
        if not proven:
            raise code_wrong()

    async def remove(self, work: Work, user_id: UserId) -> User:
        """Delete an account, in the transaction of whoever may. Raises Failure(LAST_OWNER), Failure(NOT_FOUND)."""
        await users.lock_owners(work.conn)
        user = await users.lock(work.conn, user_id)
        if user is None or user.status is Status.DELETED:
            raise user_not_found()
        if user.role is Role.OWNER and not await users.has_other_owner(work.conn, user_id):
            raise last_owner()
        now = self._clock()
        await self._endings.end_all(work, user_id, "deleted")
        await users.bury(work.conn, user, now)
        await audit.strip(work.conn, user_id)
        await work.say(audit_events.user_deleted(user_id, now))
        _log.info("user_deleted", user_id=user_id)
        return user

    async def remind(self) -> None:
        """Have people who left forgotten again, for ever. A task of the service."""
        while True:
            _log.info("people_who_left_said_again", people=await self.repeat())
            await asyncio.sleep(SAID_AGAIN_SECONDS)

    async def repeat(self) -> int:
        """Have those forgotten once more who left lately; returns how many. Raises Unavailable."""
        async with self._transactions.begin() as work:
            gone = await users.buried_since(work.conn, self._clock() - SAID_AGAIN_FOR)
            for user_id, at in gone:
                await audit.strip(work.conn, user_id)
                await work.say(audit_events.user_deleted(user_id, at))
        return len(gone)
