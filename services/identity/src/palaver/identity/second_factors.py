"""The second factor: turned on and off by its person, and asked for when they sign in with a password."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Actor
from palaver.contracts.ids import UserId
from palaver.contracts.second_factor import AuthenticatorSecret, SecondFactorState
from palaver.identity import audit_events
from palaver.identity.authenticators import (
    Authenticators,
    is_authenticators,
    new_recovery_codes,
    recovery_digest,
    uri_of,
)
from palaver.identity.errors import (
    code_needed,
    code_wrong,
    password_missing,
    second_factor_on,
    user_not_found,
)
from palaver.identity.ports import Clock
from palaver.identity.proving import Proving
from palaver.identity.store import second_factors as store
from palaver.identity.store import users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions, Work

MAX_WRONG = 10
LOCKED = timedelta(minutes=15)
"""After so many wrong codes in a row none is right for a while: with three codes right at a time, guessing one of a
million takes years. Only who knows the password gets this far."""
ENABLE, DISABLE = "second-factor.enable", "second-factor.disable"
RENEW = "recovery-codes.renew"

Change: TypeAlias = Callable[[AsyncConnection], Awaitable[None]]


class SecondFactors:
    """A person's own."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        proving: Proving,
        authenticators: Authenticators,
        clock: Clock,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._proving = proving
        self._authenticators = authenticators
        self._clock = clock

    async def state(self, actor: Actor) -> SecondFactorState:
        """Off for whoever never turned it on."""
        async with self._database.read() as conn:
            if not await store.is_on(conn, actor.user_id):
                return SecondFactorState(enabled=False)
            return SecondFactorState(enabled=True, recovery_codes_left=await store.codes_left(conn, actor.user_id))

    async def begin(self, actor: Actor, password: str) -> AuthenticatorSecret:
        """A secret that is not asked for yet. Raises Failure: INVALID_CREDENTIALS, CONFLICT (on already, or an account
        without a password), NOT_FOUND."""
        await self._prove(actor, password, ENABLE)
        secret, stored = self._authenticators.new(actor.user_id)
        async with self._transactions.begin() as work:
            user = await users.read(work.conn, actor.user_id)
            if user is None:
                raise user_not_found()
            if not await store.begin(work.conn, actor.user_id, stored):
                raise second_factor_on()
        return AuthenticatorSecret(secret=secret, uri=uri_of(user, secret))

    async def confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        """Turn it on; returns the recovery codes. Raises Failure(SECOND_FACTOR_INVALID, CONFLICT)."""
        now, codes = self._clock(), new_recovery_codes()
        async with self._transactions.begin() as work:
            factor = await store.lock(work.conn, actor.user_id)
            if factor is not None and factor.confirmed_at is not None:
                raise second_factor_on()
            right = await self._is_right(work, actor.user_id, code, now, confirmed=False)
            if right:
                await store.confirm(work.conn, actor.user_id, now, [recovery_digest(actor.user_id, c) for c in codes])
                await work.say(audit_events.by(actor, ENABLE, actor.user_id, now))
        if not right:
            raise code_wrong()
        return codes

    async def disable(self, actor: Actor, password: str, code: str) -> None:
        """Raises Failure(INVALID_CREDENTIALS, SECOND_FACTOR_INVALID)."""
        await self._with_both(actor, password, code, DISABLE, lambda conn: store.remove(conn, actor.user_id))

    async def renew_codes(self, actor: Actor, password: str, code: str) -> tuple[str, ...]:
        """New recovery codes; those before are void. Raises Failure(INVALID_CREDENTIALS, SECOND_FACTOR_INVALID)."""
        codes = new_recovery_codes()
        digests = [recovery_digest(actor.user_id, one) for one in codes]
        await self._with_both(
            actor, password, code, RENEW, lambda conn: store.renew_codes(conn, actor.user_id, digests)
        )
        return codes

    async def is_right(self, work: Work, user_id: UserId, code: str, now: datetime) -> bool:
        """Whether this proves the person, in the transaction that it is used for; each code does once."""
        return await self._is_right(work, user_id, code, now, confirmed=True)

    async def also_proves(self, work: Work, user_id: UserId, code: str | None, now: datetime) -> bool:
        """Whether nothing more than the password is asked for, or this is right. Raises Failure(VALIDATION_FAILED)
        where a code is asked for and none was given."""
        if not await store.is_on(work.conn, user_id):
            return True
        if code is None:
            raise code_needed()
        return await self.is_right(work, user_id, code, now)

    async def _is_right(self, work: Work, user_id: UserId, code: str, now: datetime, *, confirmed: bool) -> bool:
        factor = await store.lock(work.conn, user_id)
        if factor is None or (factor.confirmed_at is not None) is not confirmed:
            return False
        if factor.locked_until is not None and now < factor.locked_until:
            return False
        code, step = "".join(code.split()), None
        if is_authenticators(code):
            last = factor.last_step
            step = self._authenticators.step_of(user_id, factor.secret, code, now, after=last)
            right = step is not None
        else:
            right = await store.spend(work.conn, user_id, recovery_digest(user_id, code))
        if right:
            await store.right(work.conn, user_id, step)
        else:
            times = factor.wrong + 1
            locked = now + LOCKED if times >= MAX_WRONG else None
            await store.wrong(work.conn, user_id, 0 if locked else times, locked)
        return right

    async def _with_both(self, actor: Actor, password: str, code: str, action: str, change: Change) -> None:
        """Change something for whoever gives the password and a code; either way the trail says so."""
        await self._prove(actor, password, action)
        now = self._clock()
        async with self._transactions.begin() as work:
            right = await self.is_right(work, actor.user_id, code, now)
            if right:
                await change(work.conn)
            await work.say(
                audit_events.by(actor, action, actor.user_id, now)
                if right
                else audit_events.refused_to(actor, action, now)
            )
        if not right:
            raise code_wrong()

    async def _prove(self, actor: Actor, password: str, action: str) -> None:
        async with self._database.read() as conn:
            if await users.password_of(conn, actor.user_id) is None:
                raise password_missing()
        await self._proving.prove(actor, password, None, action)
