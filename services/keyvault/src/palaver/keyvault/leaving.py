"""What becomes of somebody's keys when their account is deleted: their own go, shared ones stay the installation's."""

from dataclasses import replace

import structlog

from palaver.contracts.ids import UserId
from palaver.keyvault import audit_events, envelope_store, store
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key
from palaver.keyvault.envelope import Envelopes, TamperedError, UnknownKekError
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock, Workers
from palaver.servicekit.transactions import Transactions, Work

NOBODY = UserId("00000000-0000-0000-0000-000000000000")
"""Brought the shared keys of people who are gone."""

_log = structlog.get_logger()


class Leaving:
    """Repeating it does no harm, and takes what came in between."""

    def __init__(
        self, transactions: Transactions, envelopes: Envelopes, workers: Workers, metrics: KeyvaultMetrics, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._envelopes = envelopes
        self._workers = workers
        self._metrics = metrics
        self._clock = clock

    async def forget(self, user_id: UserId) -> None:
        """Delete a person's keys, take their name from shared ones; workers forget them all at once."""
        async with self._transactions.begin() as work:
            await store.lock_owner(work.conn, user_id)
            brought = await store.lock_brought(work.conn, user_id, self._clock())
            kept = [key.id for key in brought if key.shared and await self._hand_over(work, key)]
            for key in brought:
                if key.id not in kept:
                    await store.remove(work.conn, key.id)
                    why = {"reason": "account deleted"}
                    await work.say(audit_events.done(audit_events.DELETE, user_id, key.id, self._clock(), **why))
        for key in brought:
            if key.id not in kept:
                self._metrics.keys.labels("deleted").inc()
            await self._workers.forget(key.id)
            await self._workers.changed(key)

    async def _hand_over(self, work: Work, key: Key) -> bool:
        """Its envelope is bound to whoever brought it, so it is sealed anew. False if it does not open."""
        envelope = await envelope_store.envelope_of(work.conn, key.id)
        if envelope is None:
            return False
        nobodys = replace(key, user_id=NOBODY)
        try:
            with wiped(self._envelopes.decrypt(envelope, key)) as clear:
                sealed = self._envelopes.encrypt(clear, nobodys)
        except TamperedError:
            _log.error("shared_key_of_somebody_who_left_does_not_open", key_id=key.id)
            return False
        except UnknownKekError as error:  # it opens once the setting is back, and this is said again
            _log.error("key_encryption_key_missing", version=error.version, key_id=key.id)
            return True
        await store.hand_over(work.conn, key.id, NOBODY)
        await envelope_store.replace(work.conn, key.id, sealed)
        return True
