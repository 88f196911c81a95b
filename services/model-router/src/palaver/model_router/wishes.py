"""What people chose for models, remembered for the turns that they pay for.

A turn whose payer is not remembered reads beside its window, which takes longer; a database that is away costs a turn
`READ_SECONDS` once a second at most, and it goes on with what was known last.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import structlog

from palaver.contracts.ids import UserId
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router import config_store
from palaver.model_router.config_store import NO_WISHES
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable

REMEMBER_SECONDS = 60.0
"""A broadcast that was lost is made up for after this."""
MAX_REMEMBERED = 10_000
"""People."""
READ_SECONDS = 0.5
RETRY_SECONDS = 1.0
"""After a read that failed, turns go on without one for this long."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    chosen: Mapping[str, AnswerSettings]
    until: float


class Wishes:
    """`WishSource`, from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UserId, _Known] = OrderedDict()
        self._forgotten = 0

    async def of(self, user_id: UserId, model_id: str) -> AnswerSettings:
        """See `WishSource`."""
        known = self._known.get(user_id)
        if known is None or known.until <= monotonic():
            known = await self._read(user_id, known)
        return known.chosen.get(model_id, NO_WISHES)

    async def _read(self, user_id: UserId, before: _Known | None) -> _Known:
        forgotten = self._forgotten
        try:
            async with asyncio.timeout(READ_SECONDS), self._database.read() as conn:
                known = _Known(await config_store.read(conn, user_id), monotonic() + REMEMBER_SECONDS)
        except (Unavailable, TimeoutError) as outage:
            _log.warning("wishes_unread", reason=str(outage))
            known = _Known(before.chosen if before is not None else {}, monotonic() + RETRY_SECONDS)
        if forgotten == self._forgotten:  # else somebody chose while this was read
            self._known[user_id] = known
            self._known.move_to_end(user_id)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return known

    def forget(self, user_id: UserId) -> None:
        """This person chose differently."""
        self._forgotten += 1
        self._known.pop(user_id, None)

    def forget_all(self) -> None:
        """Somebody may have chosen differently."""
        self._forgotten += 1
        self._known.clear()
