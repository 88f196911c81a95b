"""After a rotation: data keys that older key-encryption keys wrap are wrapped by the newest one, while keys are lent.

Any replica does it, at any time again: each envelope is exchanged for exactly the one that was read, so that whoever
comes second changes nothing, and a pass that was cut off is taken up by the next one.
"""

import asyncio
from collections.abc import Sequence

import structlog

from palaver.keyvault import envelope_store
from palaver.keyvault.audit_events import rewrapped
from palaver.keyvault.envelope import Envelope, Envelopes, UnknownKekError
from palaver.keyvault.envelope_store import Stored
from palaver.keyvault.kms.port import TamperedError
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

EVERY_SECONDS = 60.0
"""A replica that still has the older key may store one with it."""
PAUSE_SECONDS = 0.05
"""Between batches: leases go first."""

_log = structlog.get_logger()


class Rewrapping:
    """Give `run` to the service as a task."""

    def __init__(
        self,
        database: Database,
        transactions: Transactions,
        envelopes: Envelopes,
        metrics: KeyvaultMetrics,
        clock: Clock,
        *,
        batch: int,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._envelopes = envelopes
        self._metrics = metrics
        self._clock = clock
        self._batch = batch

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """All envelopes that are older than the newest key, batch by batch; returns how many. Raises Unavailable."""
        done, last = 0, ""
        left = await self._left()
        while left:
            async with self._database.read() as conn:
                batch = await envelope_store.older_than(conn, self._envelopes.current, after=last, limit=self._batch)
            if not batch:
                break
            last = batch[-1].key.id
            done += await self._rewrap(batch)
            left = await self._left()
            await asyncio.sleep(PAUSE_SECONDS)
        if done:
            _log.info("keks_rewrapped", to=self._envelopes.current, count=done, left=left)
        if left:
            _log.error("envelopes_left_under_older_keks", to=self._envelopes.current, count=left)
        return done

    async def _rewrap(self, batch: Sequence[Stored]) -> int:
        fresh = [(stored, envelope) for stored in batch if (envelope := await self._opened(stored)) is not None]
        if not fresh:
            return 0
        async with self._transactions.begin() as work:
            changed = [await envelope_store.exchange(work.conn, stored, envelope) for stored, envelope in fresh]
            count = sum(changed)
            if count:
                left = sum((await envelope_store.by_version(work.conn, below=self._envelopes.current)).values())
                await work.say(rewrapped(self._envelopes.current, self._clock(), count=count, left=left))
        self._metrics.rewrapped.inc(count)
        _log.info("keks_rewrapping", to=self._envelopes.current, count=count)
        return count

    async def _opened(self, stored: Stored) -> Envelope | None:
        """Wrapped anew; None for one that does not open, which stays as it is."""
        try:
            return await self._envelopes.rewrap(stored.envelope, stored.key)
        except TamperedError:
            self._metrics.tampered.inc()
            _log.error("stored_key_does_not_open", key_id=stored.key.id, user_id=stored.key.user_id)
        except UnknownKekError as error:
            _log.error("key_encryption_key_missing", version=error.version, key_id=stored.key.id)
        return None

    async def _left(self) -> int:
        async with self._database.read() as conn:
            versions = await envelope_store.by_version(conn)
        self._metrics.show_envelopes(versions)
        return sum(count for version, count in versions.items() if version < self._envelopes.current)
