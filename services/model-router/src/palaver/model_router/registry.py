"""What this process knows of providers and models: the catalogue, with what administrators added, in memory.

A turn reads it without waiting. Changes come by broadcast, and by a look at the version every few seconds for a
broadcast that was lost; while the database is away, what was known last stays.
"""

import asyncio
from time import monotonic

import structlog

from palaver.model_router import registry_store
from palaver.model_router.catalogue import Catalogue, Shipped
from palaver.model_router.domain import Model, Provider
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable

LOOK_SECONDS = 5.0
"""How often the version is looked at: one row."""
ASK_SECONDS = 1.0
"""For an id that is not known the version is looked at once more, at most this often."""
START_SECONDS = 2.0
"""A starting process waits for the database no longer than this."""

_log = structlog.get_logger()


class Registry:
    """Reads like a `Catalogue`; a resource of the service."""

    def __init__(self, shipped: Shipped, database: Database) -> None:
        self.shipped = shipped
        self._database = database
        self._added = registry_store.NOTHING
        self._catalogue = shipped.with_added(registry_store.NOTHING.entries)
        self._loaded = False
        self._told = asyncio.Event()
        self._reading = asyncio.Lock()
        self._asked_at = float("-inf")

    # ---- what is known -----------------------------------------------------------------------------------------------
    @property
    def catalogue(self) -> Catalogue:
        """As it is now."""
        return self._catalogue

    @property
    def added(self) -> registry_store.Added:
        """What administrators added."""
        return self._added

    def provider(self, provider_id: str) -> Provider:
        """One provider. Raises Failure(NOT_FOUND)."""
        return self._catalogue.provider(provider_id)

    async def model(self, model_id: str) -> Model:
        """One model; a known one at once, for an unknown one the database is asked, rarely.

        Raises Failure(MODEL_NOT_FOUND), and Unavailable where it may be there and nothing was read yet.
        """
        found = self._catalogue.find(model_id)
        if found is not None:
            return found
        await self._ask()
        return self._catalogue.model(model_id)

    async def found(self, model_ids: tuple[str, ...]) -> tuple[Model, ...]:
        """Those of these models that there are."""
        if any(self._catalogue.find(model_id) is None for model_id in model_ids):
            await self._ask()
        models = (self._catalogue.find(model_id) for model_id in model_ids)
        return tuple(model for model in models if model is not None)

    async def _ask(self) -> None:
        """Look whether somebody has just added it. Raises Unavailable if nothing was ever read."""
        if self._loaded and monotonic() - self._asked_at < ASK_SECONDS:
            return
        self._asked_at = monotonic()
        try:
            await self.refresh()
        except Unavailable:
            if not self._loaded:
                raise

    # ---- following ---------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Read what was added, if the database is there; else `follow` does."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.refresh()
        except (Unavailable, TimeoutError) as outage:
            _log.warning("registry_unread", reason=str(outage))

    async def stop(self) -> None:
        """Nothing to close."""

    def nudge(self) -> None:
        """Something may have changed."""
        self._told.set()

    async def follow(self) -> None:
        """Read what changed, for ever."""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._told.wait()
            except TimeoutError:
                pass
            self._told.clear()
            try:
                await self.refresh()
            except Unavailable as outage:
                _log.info("registry_unread", dependency=outage.dependency)

    async def refresh(self) -> None:
        """Take over what was added, if it is new. Raises Unavailable."""
        async with self._reading:
            async with self._database.read() as conn:
                # The version first: entries that are newer than it are read again at the next look.
                version = await registry_store.version(conn)
                if self._loaded and version == self._added.version:
                    return
                added = await registry_store.read(conn, version)
            self._added = added
            self._catalogue = self.shipped.with_added(added.entries)
            self._loaded = True
        _log.info(
            "registry_read", version=version, providers=len(added.entries.providers), models=len(added.entries.models)
        )
