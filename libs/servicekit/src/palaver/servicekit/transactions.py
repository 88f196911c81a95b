"""Transactions of a service with ordinary needs: what is said inside commits with the state and goes out right after.

`outbox.py` has the parts; whoever has a log of its own puts them together differently.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.database import Database
from palaver.servicekit.figures import Figures
from palaver.servicekit.outbox import DatabaseOutbox, Outbox, OutboxRelay


class Work:
    """One open transaction."""

    def __init__(self, conn: AsyncConnection, outbox: Outbox) -> None:
        self.conn = conn
        self.followers: list[Callable[[], None]] = []
        self._outbox = outbox

    async def say(self, *batch: Outgoing) -> None:
        """Publish these once the transaction is committed, and only then."""
        await self._outbox.add(self.conn, *batch)

    def then(self, follow: Callable[[], None]) -> None:
        """Call this once the transaction is committed, and only then: a wake-up, whose loss a crash may cost."""
        self.followers.append(follow)


class Transactions:
    """Opens transactions on a schema that has the `outbox` table. Give `relay` to the service as a task."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._outbox = Outbox()
        self._relay = OutboxRelay(broker, DatabaseOutbox(database))

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Work]:
        """Committed at exit, rolled back when the block raises. Raises what `Database.transaction` raises."""
        async with self._database.transaction() as conn:
            work = Work(conn, self._outbox)
            yield work
        self._relay.nudge()
        for follow in work.followers:
            follow()

    def show(self, figures: Figures) -> None:
        """See `Measured`: the database and what waits to be said."""
        self._database.show(figures)
        self._relay.show(figures)

    async def relay(self) -> None:
        """Publish what was said, for ever."""
        await self._relay.run()
