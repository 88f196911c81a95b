"""Whether this replica can do what any replica could: one that cannot leaves the questions to its sisters."""

import asyncio


class Availability:
    """Say `set` whenever it is known; a service that is given this leaves the queue groups of its queries meanwhile."""

    def __init__(self) -> None:
        self._here = True
        self._changed = asyncio.Event()

    def set(self, here: bool) -> None:  # noqa: FBT001 - a fact, and the only one there is
        """Whether shared questions may come here."""
        self._here = here
        self._changed.set()

    async def differs(self, *, from_: bool) -> bool:
        """Wait until it is not `from_`; what it is now."""
        while self._here is from_:
            self._changed.clear()
            await self._changed.wait()
        return self._here
