"""What a key's keeper does with it, and what its provider says of it. Workers hear of every change."""

from dataclasses import replace

import structlog

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import ChangeKey
from palaver.contracts.model_router import KeyChecked
from palaver.keyvault import audit_events, store, unlock_store
from palaver.keyvault.domain import Key, status_after_check
from palaver.keyvault.errors import key_not_found, roles_of_a_personal_key
from palaver.keyvault.keepers import Keepers
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock, Workers
from palaver.servicekit.transactions import Transactions, Work

_log = structlog.get_logger()


class Keeping:
    """Changes keys that are there. Raises Failure: NOT_FOUND for somebody else's, FORBIDDEN for a shared one that the
    actor may only use."""

    def __init__(
        self, transactions: Transactions, keepers: Keepers, workers: Workers, metrics: KeyvaultMetrics, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._keepers = keepers
        self._workers = workers
        self._metrics = metrics
        self._clock = clock

    async def change(self, request: ChangeKey) -> Key:
        """Change what is given. Raises Failure(VALIDATION_FAILED) for roles of a personal key."""
        kept = await self._keepers.kept(request.actor, request.key_id, audit_events.CHANGE)
        if request.roles and not kept.shared:
            raise roles_of_a_personal_key()
        given = request.model_dump(exclude={"actor", "key_id"}, exclude_none=True)
        if not given:
            return kept
        async with self._transactions.begin() as work:
            before = await self._lock(work, request.key_id)
            after = replace(
                before,
                label=before.label if request.label is None else request.label,
                weight=before.weight if request.weight is None else request.weight,
                place=before.place if request.order is None else request.order,
                roles=before.roles if request.roles is None else request.roles,
                quota=before.quota if request.quota is None else request.quota,
            )
            await store.change(work.conn, after)
            await self._report(work, audit_events.CHANGE, request.actor, after, changed=",".join(sorted(given)))
        if request.roles is not None or request.quota is not None:  # who holds it may have lost the right to it
            await self._workers.forget(after.id)
        await self._workers.changed(after)
        return after

    async def set_enabled(self, actor: Actor, key_id: KeyId, *, enabled: bool) -> Key:
        """Switch a key on or off; off, no worker uses it any more."""
        action = audit_events.ENABLE if enabled else audit_events.DISABLE
        await self._keepers.kept(actor, key_id, action)
        async with self._transactions.begin() as work:
            before = await self._lock(work, key_id)
            after = replace(before, enabled=enabled)
            if before.enabled != enabled:
                await store.change(work.conn, after)
                await self._report(work, action, actor, after)
        if not enabled:
            await self._workers.forget(key_id)
        await self._workers.changed(after)
        return after

    async def delete(self, actor: Actor, key_id: KeyId) -> None:
        """Delete a key; workers forget it at once."""
        key = await self._keepers.kept(actor, key_id, audit_events.DELETE)
        async with self._transactions.begin() as work:
            await self._lock(work, key_id)
            await store.remove(work.conn, key_id)
            if key.derivation is not None:
                await unlock_store.remove_needless(work.conn, key.user_id)
            await self._report(work, audit_events.DELETE, actor, key, provider=key.provider)
        self._metrics.keys.labels("deleted").inc()
        await self._workers.forget(key_id)
        await self._workers.changed(key)

    async def apply_check(self, verdict: KeyChecked) -> None:
        """A provider accepted or refused a key. Older verdicts and repetitions change nothing."""
        async with self._transactions.begin() as work:
            key = await store.lock(work.conn, verdict.key_id, self._clock())
            if key is None or (key.checked_at is not None and verdict.at <= key.checked_at):
                return
            status = status_after_check(valid=verdict.valid, code=verdict.code, before=key.status)
            await store.set_check(work.conn, key.id, status, verdict.code, verdict.at)
            details = {"status": status.value, "code": verdict.code.value if verdict.code else ""}
            whose = None if key.shared else key.user_id
            await work.say(audit_events.done(audit_events.CHECK, whose, key.id, verdict.at, **details))
        self._metrics.checks.labels(status.value).inc()
        _log.info("key_checked", key_id=key.id, status=status.value, code=verdict.code)
        if status is not key.status:
            await self._workers.forget(key.id)
            await self._workers.changed(key)

    async def _lock(self, work: Work, key_id: KeyId) -> Key:
        key = await store.lock(work.conn, key_id, self._clock())
        if key is None:  # deleted a moment ago
            raise key_not_found()
        return key

    async def _report(self, work: Work, action: str, actor: Actor, key: Key, **details: str) -> None:
        await work.say(audit_events.done(action, actor, key.id, self._clock(), **details))
