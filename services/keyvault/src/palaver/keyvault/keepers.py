"""Who may change a key: its owner, and administrators where it is shared."""

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId
from palaver.keyvault import store
from palaver.keyvault.audit_events import refused
from palaver.keyvault.domain import KEEPERS, Key
from palaver.keyvault.errors import key_not_found, not_the_keeper
from palaver.keyvault.ports import Clock, Roles
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions


class Keepers:
    """Roles are asked of identity, where they are owned: a token may still carry one that was taken away."""

    def __init__(self, database: Database, transactions: Transactions, roles: Roles, clock: Clock) -> None:
        self._database = database
        self._transactions = transactions
        self._roles = roles
        self._clock = clock

    async def kept(self, actor: Actor, key_id: KeyId, action: str) -> Key:
        """A key that the actor may change; an attempt on another one is in the audit trail.

        Raises Failure: NOT_FOUND, FORBIDDEN for a shared key that the actor may only use; Unavailable.
        """
        async with self._database.read() as conn:
            key = await store.read(conn, key_id, self._clock())
        if key is None:
            raise key_not_found()
        role = await self._roles.now(actor.user_id) if key.shared else None
        if key.kept_by(actor.user_id, role):
            return key
        await self._note(actor, key, action)
        raise not_the_keeper() if key.usable_by(actor.user_id, role) else key_not_found()

    async def admit(self, actor: Actor) -> None:
        """Raises Failure(FORBIDDEN) for who may not make shared keys, Unavailable."""
        if await self._roles.now(actor.user_id) not in KEEPERS:
            raise not_the_keeper()

    async def _note(self, actor: Actor, key: Key, action: str) -> None:
        attempt = refused(action, actor, key.id, self._clock(), reason="does not keep this key")
        async with self._transactions.begin() as work:
            await work.say(attempt)
