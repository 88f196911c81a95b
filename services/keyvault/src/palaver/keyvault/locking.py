"""Unlocking keys that a passphrase protects, and locking them: by their owner, by time, by the end of a sign-in."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from palaver.contracts.actors import Actor
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.key_locks import LockState, UnlockKeys
from palaver.contracts.sign_ins import SignInEnded
from palaver.keyvault import audit_events, envelope_store, store, unlock_store
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key
from palaver.keyvault.envelope import Envelopes, UnknownKekError
from palaver.keyvault.errors import key_encryption_key_missing, nothing_to_unlock, passphrase_wrong
from palaver.keyvault.kms.port import TamperedError
from palaver.keyvault.ports import Clock, Workers
from palaver.keyvault.unlocks import Held, Unlocks, opened
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.transactions import Transactions

SWEEP_SECONDS = 10.0

_log = structlog.get_logger()


class Locking:
    """Every unlock, refusal and lock is in the audit trail. Give `run` to the service as a task."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        envelopes: Envelopes,
        unlocks: Unlocks,
        workers: Workers,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._envelopes = envelopes
        self._unlocks = unlocks
        self._workers = workers
        self._clock = clock
        self._lifetime = lifetime

    async def state(self, actor: Actor) -> LockState:
        """Whether the actor's protected keys can be used, and what makes their wrapping key."""
        keys = await self._protected(actor.user_id)
        if not keys:
            return LockState()
        one = (await self._unlocks.settled(keys[:1]))[0]
        if one.locked:
            return LockState(derivation=one.derivation)
        now = self._clock()
        return LockState(derivation=one.derivation, unlocked_until=self._unlocks.until(one, now + self._lifetime))

    async def unlock(self, request: UnlockKeys, wrapping_key: bytearray) -> LockState:
        """Use them for this sign-in. The wrapping key is kept from here on.

        Raises Failure: NOT_FOUND without a protected key, PASSPHRASE_WRONG, SIGN_IN_ENDED.
        """
        actor, now = request.actor, self._clock()
        keys = await self._protected(actor.user_id)
        if not keys:
            raise nothing_to_unlock()
        if not await self._fits(keys, wrapping_key):
            async with self._transactions.begin() as work:
                await work.say(audit_events.locks(audit_events.UNLOCK, actor, now, outcome="refused"))
            raise passphrase_wrong()
        held = Held(new_id(), actor.user_id, request.sid, now + self._lifetime, wrapping_key)
        try:
            async with self._transactions.begin() as work:
                await store.lock_owner(work.conn, actor.user_id)
                replaced = await unlock_store.put(work.conn, held.user_id, held.sid, held.id, held.until)
                await work.say(audit_events.locks(audit_events.UNLOCK, actor, now, until=held.until.isoformat()))
                self._unlocks.keep(held)  # before the database names it: nobody shall look for it in vain
        except BaseException:
            self._unlocks.forget([held.id])
            raise
        await self._unlocks.end(replaced)
        await self._unlocks.share(held)
        await self._changed(keys)
        return LockState(derivation=keys[0].derivation, unlocked_until=held.until)

    async def lock(self, actor: Actor) -> LockState:
        """Use them no more, whichever sign-in unlocked them; workers forget them at once."""
        async with self._transactions.begin() as work:
            await store.lock_owner(work.conn, actor.user_id)
            gone = await unlock_store.remove(work.conn, actor.user_id)
            if gone:
                await work.say(audit_events.locks(audit_events.LOCK, actor, self._clock()))
        await self._unlocks.end(gone)
        keys = await self._protected(actor.user_id)
        await self._forgotten(keys)
        return LockState(derivation=keys[0].derivation if keys else None)

    async def sign_in_ended(self, ended: SignInEnded) -> None:
        """It unlocks nothing any more. Heard by every replica; one of them writes it down."""
        self._unlocks.forget_sign_in(ended.sid)  # at once, whatever else is away
        async with self._transactions.begin() as work:
            gone = await unlock_store.remove(work.conn, ended.user_id, ended.sid)
            if gone:
                actor = Actor(user_id=ended.user_id)
                await work.say(audit_events.locks(audit_events.LOCK, actor, self._clock(), reason="sign-in ended"))
        if gone:
            await self._unlocks.end(gone)
            await self._forgotten(await self._protected(ended.user_id))

    async def run(self) -> None:
        """For ever: lock what is over, forget what the database does not name any more, and ask the other replicas for
        what it names; at the start first of all, for they may end next."""
        try:
            while True:
                try:
                    await self.sweep()
                except Unavailable as outage:
                    _log.warning("unlocks_not_swept", dependency=outage.dependency)
                await asyncio.sleep(SWEEP_SECONDS)
        finally:
            self._unlocks.forget_all()

    async def sweep(self) -> None:
        """Raises Unavailable."""
        now, here = self._clock(), self._unlocks.ids
        async with self._transactions.begin() as work:
            over = await unlock_store.remove_expired(work.conn, now)
            for user_id in over:
                await work.say(audit_events.locks(audit_events.LOCK, Actor(user_id=user_id), now, reason="expired"))
            named = await unlock_store.ids(work.conn)
        self._unlocks.forget(set(here) - named)
        await self._unlocks.fetch(named)
        for user_id in over:
            await self._forgotten(await self._protected(user_id))

    async def _protected(self, user_id: UserId) -> Sequence[Key]:
        async with self._database.read() as conn:
            return await store.protected_by(conn, user_id, self._clock())

    async def _fits(self, keys: Sequence[Key], wrapping_key: bytearray) -> bool:
        """Whether it opens one of them: another may have been tampered with."""
        missing: UnknownKekError | None = None
        async with self._database.read() as conn:
            stored = [(key, await envelope_store.envelope_of(conn, key.id)) for key in keys]
        for key, envelope in stored:
            if envelope is None:
                continue
            try:
                with (
                    wiped(await self._envelopes.decrypt(envelope, key)) as inner,
                    wiped(opened(inner, wrapping_key, key)),
                ):
                    return True
            except TamperedError:
                continue
            except UnknownKekError as error:
                missing = error
        if missing is not None:
            raise key_encryption_key_missing(missing.version)
        return False

    async def _forgotten(self, keys: Sequence[Key]) -> None:
        for key in keys:
            await self._workers.forget(key.id)
        await self._changed(keys)

    async def _changed(self, keys: Sequence[Key]) -> None:
        for key in {key.provider: key for key in keys}.values():
            await self._workers.changed(key)
