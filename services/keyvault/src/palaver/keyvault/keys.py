"""Keys as their owners handle them: stored, listed, deleted, judged by their provider."""

from collections.abc import Sequence

import structlog

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId, new_id
from palaver.contracts.keyvault import CreateKey
from palaver.contracts.model_router import KeyChecked
from palaver.keyvault import audit_events, store
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key, Status, hint_of, status_after_check, usable
from palaver.keyvault.envelope import Envelopes
from palaver.keyvault.errors import key_not_found, too_many_keys, unusable_secret
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock, Workers
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

_log = structlog.get_logger()


class Keys:
    """Every key has one owner, who alone sees and deletes it."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        envelopes: Envelopes,
        workers: Workers,
        metrics: KeyvaultMetrics,
        clock: Clock,
        max_per_user: int,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._envelopes = envelopes
        self._workers = workers
        self._metrics = metrics
        self._clock = clock
        self._max_per_user = max_per_user

    async def create(self, request: CreateKey, secret: str) -> Key:
        """Store a key. Raises Failure(VALIDATION_FAILED), Failure(CONFLICT) above the limit."""
        secret = secret.strip()  # copied with its line end, as often as not
        if not usable(secret):
            raise unusable_secret()
        now, actor = self._clock(), request.actor
        key = Key(
            id=KeyId(new_id()),
            user_id=actor.user_id,
            provider=request.provider,
            host=request.host,
            label=request.label,
            hint=hint_of(secret),
            status=Status.ACTIVE,
            created_at=now,
        )
        with wiped(bytearray(secret.encode())) as clear:
            envelope = self._envelopes.encrypt(clear, key)
        async with self._transactions.begin() as work:
            await store.lock_owner(work.conn, actor.user_id)
            if await store.count_of(work.conn, actor.user_id) >= self._max_per_user:
                raise too_many_keys(self._max_per_user)
            await store.add(work.conn, key, envelope)
            created = audit_events.done(
                audit_events.CREATE, actor.user_id, key.id, now, address=actor.address, provider=key.provider
            )
            await work.say(created)
        self._metrics.keys.labels("created").inc()
        return key

    async def list(self, actor: Actor) -> Sequence[Key]:
        """The actor's keys, oldest first."""
        async with self._database.read() as conn:
            return await store.all_of(conn, actor.user_id)

    async def read(self, actor: Actor, key_id: KeyId) -> Key:
        """One key of the actor. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            key = await store.read(conn, key_id)
        return await self._owned(key, actor, audit_events.READ)

    async def delete(self, actor: Actor, key_id: KeyId) -> None:
        """Delete a key of the actor; workers forget it at once. Raises Failure(NOT_FOUND)."""
        now = self._clock()
        async with self._transactions.begin() as work:
            key = await store.lock(work.conn, key_id)
            if key is not None and key.user_id == actor.user_id:
                await store.remove(work.conn, key_id)
                deleted = audit_events.done(
                    audit_events.DELETE, actor.user_id, key_id, now, address=actor.address, provider=key.provider
                )
                await work.say(deleted)
        await self._owned(key, actor, audit_events.DELETE)
        self._metrics.keys.labels("deleted").inc()
        await self._workers.forget(key_id)

    async def apply_check(self, verdict: KeyChecked) -> None:
        """A provider accepted or refused a key. Older verdicts and repetitions change nothing."""
        async with self._transactions.begin() as work:
            key = await store.lock(work.conn, verdict.key_id)
            if key is None or (key.checked_at is not None and verdict.at <= key.checked_at):
                return
            status = status_after_check(valid=verdict.valid, code=verdict.code, before=key.status)
            await store.set_check(work.conn, key.id, status, verdict.code, verdict.at)
            details = {"status": status.value, "code": verdict.code.value if verdict.code else ""}
            await work.say(audit_events.done(audit_events.CHECK, key.user_id, key.id, verdict.at, **details))
        self._metrics.checks.labels(status.value).inc()
        _log.info("key_checked", key_id=key.id, status=status.value, code=verdict.code)

    async def _owned(self, key: Key | None, actor: Actor, action: str) -> Key:
        """The key, if it is the actor's; an attempt on somebody else's is in the audit trail."""
        if key is not None and key.user_id == actor.user_id:
            return key
        if key is not None:
            async with self._transactions.begin() as work:
                refused = audit_events.refused(
                    action, actor.user_id, key.id, self._clock(), address=actor.address, reason="not the owner"
                )
                await work.say(refused)
        raise key_not_found()
