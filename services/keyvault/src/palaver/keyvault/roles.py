"""People's roles, asked of identity and remembered for a minute: they decide who may use and keep shared keys."""

from collections import OrderedDict
from datetime import datetime, timedelta

import structlog

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import ROLE_READ, ReadRole
from palaver.contracts.ids import UserId
from palaver.keyvault.ports import Clock
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

FRESH = timedelta(seconds=60)
GOOD_IN_NEED = timedelta(minutes=10)
"""While identity is away, so that rooms on shared keys go on."""
PATIENCE_SECONDS = 2.0
"""Shorter than that of whoever asks for a key meanwhile."""
MAX_REMEMBERED = 10_000

_log = structlog.get_logger()


class IdentityRoles:
    """See `ports.Roles`."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._known: OrderedDict[UserId, tuple[Role | None, datetime]] = OrderedDict()

    async def now(self, user_id: UserId) -> Role | None:
        """See `ports.Roles`."""
        role = await self._ask(user_id)
        self._known[user_id] = role, self._clock()
        self._known.move_to_end(user_id)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return role

    async def lately(self, user_id: UserId) -> Role | None:
        """See `ports.Roles`."""
        role, at = self._known.get(user_id, (None, None))
        if at is not None and self._clock() - at < FRESH:
            return role
        try:
            return await self.now(user_id)
        except Unavailable as outage:
            _log.warning("role_not_known", dependency=outage.dependency)
            return role if at is not None and self._clock() - at < GOOD_IN_NEED else None

    async def _ask(self, user_id: UserId) -> Role | None:
        try:
            answer = await self._broker.ask(ROLE_READ, ReadRole(user_id=user_id), timeout_seconds=PATIENCE_SECONDS)
        except Failure as failure:
            if failure.code is ErrorCode.NOT_FOUND:
                return None
            raise
        return answer.role if answer.active else None
