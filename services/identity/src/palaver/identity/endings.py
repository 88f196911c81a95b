"""The end of sign-ins: it commits with what caused it, and whoever serves them hears of it within moments.

An access token stays valid by its signature until it expires. So the gateways are told by a broadcast, and Redis keeps
for as long as it takes that the sign-in is over, for gateways that were not there. Until both is done the sign-in stays
in a table, so no crash and no outage loses its end.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sign_ins import SIGN_IN_ENDED, SignInEnded
from palaver.identity.domain import FamilyEnd
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.ports import Clock, EndedSignIns
from palaver.identity.store import ended, families
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.transactions import Work

SWEEP_SECONDS = 1.0
"""What a crash left untold is looked for this often; everything else is told at once."""
BATCH = 200
LEEWAY = timedelta(minutes=1)
"""Beyond an access token's end: verifiers allow for clocks that differ."""

_log = structlog.get_logger()


class Endings:
    """Give `run` to the service as a task. `access` is the longest life of an access token."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        store: EndedSignIns,
        metrics: IdentityMetrics,
        clock: Clock,
        *,
        access: timedelta,
    ) -> None:
        self._database = database
        self._broker = broker
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._valid = access + LEEWAY
        self._nudged = asyncio.Event()

    async def end(self, work: Work, user_id: UserId, sid: SignInId, how: FamilyEnd) -> bool:
        """One sign-in of that person; False if they have none of that name that is not over already."""
        return bool(await self._end(work, user_id, how, only=sid))

    async def end_all(self, work: Work, user_id: UserId, how: FamilyEnd, *, but: SignInId | None = None) -> int:
        """All sign-ins of a person, or all but one; how many there were."""
        return len(await self._end(work, user_id, how, but=but))

    async def _end(
        self,
        work: Work,
        user_id: UserId,
        how: FamilyEnd,
        *,
        only: SignInId | None = None,
        but: SignInId | None = None,
    ) -> list[SignInEnded]:
        now = self._clock()
        sids = await families.end(work.conn, user_id, how, now, only=only, but=but)
        over = list(self._over(user_id, sids, now))
        await ended.add(work.conn, over)
        work.then(self._nudged.set)
        self._metrics.ended_sign_ins.labels(how).inc(len(over))
        return over

    def _over(self, user_id: UserId, sids: Iterable[SignInId], now: datetime) -> Iterable[SignInEnded]:
        return (SignInEnded(user_id=user_id, sid=sid, until=now + self._valid) for sid in sids)

    # ---- telling -----------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Tell, for ever. Raises Unavailable."""
        while True:
            self._nudged.clear()
            while await self._tell():
                pass
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._nudged.wait()
            except TimeoutError:
                pass

    async def _tell(self) -> bool:
        """Whether there may be more. The broadcast goes first and out of an outage's way: it needs no Redis."""
        async with self._database.read() as conn:
            waiting = await ended.untold(conn, BATCH)
        for one in waiting:
            await self._broker.send(SIGN_IN_ENDED, one)
        if not waiting or not self._broker.up:  # a broadcast that only waits in a buffer is repeated
            return False
        try:
            await self._store.keep(waiting, self._clock())
        except Unavailable as outage:
            _log.warning("ended_sign_ins_wait", dependency=outage.dependency, reason=outage.reason)
            return False
        async with self._database.transaction() as conn:
            await ended.forget(conn, waiting)
        return len(waiting) == BATCH
