"""What becomes of somebody's keys when their account is deleted: their own go, shared ones stay the installation's."""

from palaver.contracts.ids import UserId
from palaver.keyvault import audit_events, store, unlock_store
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock, Workers
from palaver.servicekit.transactions import Transactions

NOBODY = UserId("00000000-0000-0000-0000-000000000000")
"""Brought the shared keys of people who are gone."""


class Leaving:
    """Repeating it does no harm, and takes what came in between."""

    def __init__(self, transactions: Transactions, workers: Workers, metrics: KeyvaultMetrics, clock: Clock) -> None:
        self._transactions = transactions
        self._workers = workers
        self._metrics = metrics
        self._clock = clock

    async def forget(self, user_id: UserId) -> None:
        """Delete a person's keys, take their name from shared ones; workers forget them all at once."""
        async with self._transactions.begin() as work:
            await store.lock_owner(work.conn, user_id)
            brought = await store.lock_brought(work.conn, user_id, self._clock())
            for key in brought:
                if key.shared:  # its envelope is bound to its being shared, and not to who brought it
                    await store.hand_over(work.conn, key.id, NOBODY)
                    continue
                await store.remove(work.conn, key.id)
                why = {"reason": "account deleted"}
                await work.say(audit_events.done(audit_events.DELETE, user_id, key.id, self._clock(), **why))
            await unlock_store.remove(work.conn, user_id)
        for key in brought:
            if not key.shared:
                self._metrics.keys.labels("deleted").inc()
            await self._workers.forget(key.id)
            await self._workers.changed(key)
