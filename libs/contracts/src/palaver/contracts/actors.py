"""On whose behalf something is asked. The owner of the thing authorises, never the asker."""

from enum import StrEnum

from pydantic import Field

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.subjects import Payload


class Role(StrEnum):
    """What a person may do to the installation."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Actor(Payload):
    """A signed-in person, as the gateway authenticated them, from where, and by which of their sign-ins.
    `device`: as their program says."""

    user_id: UserId
    role: Role = Role.MEMBER
    address: str | None = None
    device: str | None = Field(default=None, max_length=200)
    sign_in: SignInId | None = None
