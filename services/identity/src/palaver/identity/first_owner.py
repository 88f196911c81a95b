"""The first run: somebody must be able to sign in to an installation that has nobody in it."""

from datetime import timedelta

import structlog

from palaver.contracts.actors import Role
from palaver.contracts.ids import UserId, new_id
from palaver.identity import audit_events
from palaver.identity.domain import OWNER_EMAIL, OWNER_NICKNAME, Status, User
from palaver.identity.ports import Clock
from palaver.identity.store import codes, users
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.transactions import Transactions, Work

_log = structlog.get_logger()


class FirstOwner:
    """Makes the owner's account, without a password, if there is no owner, and offers them the codes of the settings.

    A `Resource`: tried at once, so that the link works when the service is ready; and a task, for a database that is
    not there yet.
    """

    def __init__(
        self, transactions: Transactions, clock: Clock, *, codes_sha256: tuple[bytes, ...], lifetime: timedelta
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._codes = codes_sha256
        self._lifetime = lifetime
        self._done = False

    async def start(self) -> None:
        """Try; without a database the task does it later."""
        try:
            await self.ensure()
        except Unavailable as outage:
            _log.warning("first_owner_waits", dependency=outage.dependency)

    async def stop(self) -> None:
        """Nothing to close."""

    async def ensure(self) -> None:
        """Once per process. Raises Unavailable."""
        if self._done:
            return
        async with self._transactions.begin() as work:
            await users.lock_owners(work.conn)
            owner = await users.first_owner(work.conn) or await self._create(work)
            await self._offer_codes(work, owner)
        self._done = True

    async def _offer_codes(self, work: Work, owner: User) -> None:
        now = self._clock()
        if await codes.offer(work.conn, self._codes, owner.id, now, now + self._lifetime):
            await work.say(audit_events.done("link.offer", owner.id, now))

    async def _create(self, work: Work) -> User:
        now = self._clock()
        owner = User(UserId(new_id()), OWNER_EMAIL, OWNER_NICKNAME, None, Role.OWNER, Status.ACTIVE, now)
        await users.add(work.conn, owner)
        await work.say(audit_events.user_registered(owner), audit_events.done("user.register", owner.id, now))
        _log.info("owner_created", user_id=owner.id)
        return owner
