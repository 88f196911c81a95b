"""How many pieces of work a worker has taken, and waiting until it has none."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

POLL_SECONDS = 0.02


class Slots:
    """Places for work that runs at the same time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return self._most - self._taken

    @contextmanager
    def taken(self) -> Generator[None]:
        """One of them, for as long as this lasts. Whoever takes it has looked whether one is free."""
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def idle(self, patience_seconds: float) -> bool:
        """Wait until none is taken; False if some still are."""
        deadline = asyncio.get_running_loop().time() + patience_seconds
        while self._taken:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True
