"""What people set for themselves: language, theme, and the like."""

from palaver.contracts.actors import Actor
from palaver.contracts.preferences import Preferences
from palaver.identity.errors import user_not_found
from palaver.identity.store import preferences, users
from palaver.servicekit.database import Database


class Wishes:
    """A person's own. Not in the audit trail: nothing here is about safety."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, actor: Actor) -> Preferences:
        """The defaults for whoever never set any."""
        async with self._database.read() as conn:
            return await preferences.read(conn, actor.user_id)

    async def set(self, actor: Actor, wanted: Preferences) -> Preferences:
        """In the place of those before. Raises Failure(NOT_FOUND)."""
        async with self._database.transaction() as conn:
            if await users.read(conn, actor.user_id) is None:
                raise user_not_found()
            await preferences.keep(conn, actor.user_id, wanted)
        return wanted
