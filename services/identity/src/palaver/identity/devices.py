"""Where a person is signed in, and logging out from afar."""

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId
from palaver.contracts.sign_ins import SignInView
from palaver.identity import audit_events
from palaver.identity.endings import Endings
from palaver.identity.errors import sign_in_not_found
from palaver.identity.ports import Clock
from palaver.identity.store import families
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions


class Devices:
    """A person's own sign-ins."""

    def __init__(self, database: Database, transactions: Transactions, endings: Endings, clock: Clock) -> None:
        self._database = database
        self._transactions = transactions
        self._endings = endings
        self._clock = clock

    async def list(self, actor: Actor, sid: SignInId) -> tuple[SignInView, ...]:
        """Those that go on, the last used first; `sid` is the one that asks."""
        async with self._database.read() as conn:
            return await families.going_on(conn, actor.user_id, self._clock(), current=sid)

    async def end(self, actor: Actor, sid: SignInId) -> None:
        """Also the one that asks. Raises Failure(NOT_FOUND): somebody else's, over, or never there."""
        async with self._transactions.begin() as work:
            if not await self._endings.end(work, actor.user_id, sid, "remote"):
                raise sign_in_not_found()
            await work.say(audit_events.by(actor, "sign-in.end", actor.user_id, self._clock(), sign_in=sid))

    async def end_others(self, actor: Actor, sid: SignInId) -> int:
        """All but the one that asks; returns how many. Raises Failure(NOT_FOUND) where that one is over itself: whoever
        was signed out a moment ago signs nobody else out."""
        async with self._transactions.begin() as work:
            if not await families.is_open(work.conn, actor.user_id, sid):
                raise sign_in_not_found()
            ended = await self._endings.end_all(work, actor.user_id, "remote", but=sid)
            if ended:
                record = audit_events.by(actor, "sign-in.end-others", actor.user_id, self._clock(), ended=str(ended))
                await work.say(record)
        return ended
