"""At start: are all the key-encryption keys there that stored keys need?"""

from collections.abc import Collection

import structlog

from palaver.keyvault import envelope_store
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()


class KekCheck:
    """A `Resource`: says at once what would otherwise be found when somebody's turn fails."""

    def __init__(self, database: Database, versions: Collection[int]) -> None:
        self._database = database
        self._versions = frozenset(versions)

    async def start(self) -> None:
        """Log the versions that are missing; the keys of the others can be lent all the same."""
        try:
            async with self._database.read() as conn:
                missing = (await envelope_store.by_version(conn)).keys() - self._versions
        except Unavailable as outage:
            _log.warning("keks_not_compared", dependency=outage.dependency)
            return
        if missing:
            _log.error("key_encryption_keys_missing", versions=sorted(missing))

    async def stop(self) -> None:
        """Nothing to close."""
