"""On whose behalf something is asked. The owner of the thing authorises, never the asker."""

from enum import StrEnum

from palaver.contracts.ids import UserId
from palaver.contracts.subjects import Payload


class Role(StrEnum):
    """What a person may do to the installation."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Actor(Payload):
    """A signed-in person, as the gateway authenticated them."""

    user_id: UserId
    role: Role = Role.MEMBER
    address: str | None = None
