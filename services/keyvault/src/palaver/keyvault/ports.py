"""What this service needs from outside its own tables, named by role."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from palaver.contracts.actors import Role
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.operations import AuditRecorded
from palaver.keyvault.domain import Key
from palaver.keyvault.quota import Limit
from palaver.keyvault.unusual import Unusual

Clock = Callable[[], datetime]
"""Now, with a time zone."""


class Workers(Protocol):
    """Whoever may hold a lease, or knows which keys there are. What they are told may be lost: both end by themselves
    within a minute, and who was away from the broker forgets everything."""

    async def forget(self, key_id: KeyId) -> None:
        """Tell them all to use it no more."""
        ...

    async def changed(self, key: Key) -> None:
        """Tell them all to ask anew which keys there are where this one is."""
        ...


class Roles(Protocol):
    """What people may do to the installation."""

    async def now(self, user_id: UserId) -> Role | None:
        """As it is at this moment; None for who is not active. Raises Unavailable."""
        ...

    async def lately(self, user_id: UserId) -> Role | None:
        """As it was a minute ago at most, or longer while nobody can be asked; None also for who is not known."""
        ...


class KeepersEar(Protocol):
    """Whoever keeps a key, as long as they are connected. What they are told may be lost; the trail has it, too."""

    async def near_quota(self, key: Key, limit: Limit) -> None:
        """Their key comes near one of its limits, or has used it up."""
        ...

    async def unusual(self, key: Key, day: date, found: Unusual) -> None:
        """Their key is used as it was not before."""
        ...


class Trail(Protocol):
    """The audit trail of the installation."""

    async def about(self, key_id: KeyId, before: datetime | None, limit: int) -> Sequence[AuditRecorded]:
        """What was done with a key, newest first. Raises Unavailable."""
        ...
