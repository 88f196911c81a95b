"""What this service needs from outside its own tables, named by role."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from palaver.contracts.ids import KeyId

Clock = Callable[[], datetime]
"""Now, with a time zone."""


class Workers(Protocol):
    """Whoever may hold a lease."""

    async def forget(self, key_id: KeyId) -> None:
        """Tell them all. May be lost: a lease ends by itself."""
        ...
