"""Keys as people see them: stored and listed."""

from collections.abc import Sequence

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId, new_id
from palaver.contracts.keyvault import CreateKey, KeyView, NewKey
from palaver.keyvault import audit_events, envelope_store, store
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import KEEPERS, Key, Status
from palaver.keyvault.envelope import Envelopes
from palaver.keyvault.errors import another_derivation, key_not_found, roles_of_a_personal_key, too_many_keys
from palaver.keyvault.keepers import Keepers
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.offered import Offered
from palaver.keyvault.ports import Clock, Roles, Workers
from palaver.keyvault.unlocks import Unlocks
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions


class Keys:
    """A personal key is its owner's alone; a shared one is seen by whoever may use it, and kept by administrators."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        envelopes: Envelopes,
        keepers: Keepers,
        roles: Roles,
        workers: Workers,
        unlocks: Unlocks,
        metrics: KeyvaultMetrics,
        clock: Clock,
        max_per_user: int,
        max_shared: int,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._envelopes = envelopes
        self._keepers = keepers
        self._roles = roles
        self._workers = workers
        self._unlocks = unlocks
        self._metrics = metrics
        self._clock = clock
        self._max_per_user = max_per_user
        self._max_shared = max_shared

    async def create(self, request: NewKey, offered: Offered) -> Key:
        """Store a key. Raises Failure(VALIDATION_FAILED), Failure(CONFLICT) above the limit, Failure(FORBIDDEN)."""
        scope, roles = (request.scope, request.roles) if isinstance(request, CreateKey) else ("personal", ())
        if scope == "shared":
            await self._keepers.admit(request.actor)
        elif roles:
            raise roles_of_a_personal_key()
        now, actor = self._clock(), request.actor
        key = Key(
            id=KeyId(new_id()),
            user_id=actor.user_id,
            provider=request.provider,
            host=request.host,
            label=request.label,
            hint=offered.hint,
            status=Status.ACTIVE,
            created_at=now,
            weight=request.weight,
            place=request.order,
            scope=scope,
            roles=roles,
            quota=request.quota,
            derivation=offered.derivation,
        )
        with wiped(offered.stored) as clear:
            envelope = await self._envelopes.encrypt(clear, key)
        limit, owner = (self._max_shared, None) if key.shared else (self._max_per_user, actor.user_id)
        async with self._transactions.begin() as work:
            await store.lock_owner(work.conn, owner)
            if await store.count_of(work.conn, owner) >= limit:
                raise too_many_keys(limit)
            if key.derivation is not None:
                others = await store.protected_by(work.conn, actor.user_id, now)
                if any(other.derivation != key.derivation for other in others):  # added a moment ago
                    raise another_derivation()
            await store.add(work.conn, key)
            await envelope_store.add(work.conn, key.id, envelope)
            details = {"provider": key.provider, "scope": key.scope, "protection": key.protection}
            await work.say(audit_events.done(audit_events.CREATE, actor, key.id, now, **details))
        self._metrics.keys.labels("created").inc()
        await self._workers.changed(key)
        return key

    async def list(self, actor: Actor) -> Sequence[KeyView]:
        """The actor's own keys and the shared ones that they may use or keep, oldest first."""
        async with self._database.read() as conn:
            found = await store.all_of(conn, actor.user_id, self._clock())
        keys = await self._unlocks.settled(found)
        role = await self._roles.lately(actor.user_id) if any(key.shared for key in keys) else None
        if role in KEEPERS:
            return [key.view() for key in keys]
        return [
            key.users_view() if key.shared else key.view()
            for key in keys
            if key.usable_by(actor.user_id, role) and (key.enabled or not key.shared)
        ]

    async def read(self, actor: Actor, key_id: KeyId) -> KeyView:
        """One of them. Raises Failure(NOT_FOUND)."""
        seen = next((key for key in await self.list(actor) if key.id == key_id), None)
        if seen is not None:
            return seen
        await self._keepers.kept(actor, key_id, audit_events.READ)
        raise key_not_found()
