"""People, their sign-ins, and what becomes of a refresh token that is presented. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from palaver.contracts.actors import Role
from palaver.contracts.identity import Tokens, UserView
from palaver.contracts.ids import InvitationId, SignInId, UserId
from palaver.contracts.invitations import InvitationState, InvitationView

OWNER_EMAIL = "owner@localhost"
"""The first-run owner's; nobody can register it."""
OWNER_NICKNAME = "Owner"


class Status(StrEnum):
    """Whether a person may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class User:
    """A person. `email` is case-folded."""

    id: UserId
    email: str
    nickname: str
    avatar_url: str | None
    role: Role
    status: Status
    created_at: datetime

    def view(self) -> UserView:
        """The person as they see themselves."""
        return UserView(
            id=self.id,
            email=self.email,
            nickname=self.nickname,
            avatar_url=self.avatar_url,
            role=self.role,
            status=self.status.value,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody signs in, as far as the edge knows."""

    address: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """A person, their sign-in and its tokens."""

    user: User
    sid: SignInId
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Invitation:
    """So many people may open an account with this role; with an `email`, whoever gives that address."""

    id: InvitationId
    email: str | None
    role: Role
    uses: int
    used: int
    created_by: UserId
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> InvitationState:
        """Whether it could be used; if not, the first reason why."""
        if self.revoked_at is not None:
            return "revoked"
        if self.used >= self.uses:
            return "used"
        return "expired" if self.expires_at <= now else "open"

    def admits(self, email: str, now: datetime) -> bool:
        """Whether somebody may open an account with it, under this normal e-mail address."""
        return self.state(now) == "open" and self.email in {None, email}

    def view(self, now: datetime) -> InvitationView:
        """As administrators see it."""
        return InvitationView(
            id=self.id,
            email=self.email,
            role="admin" if self.role is Role.ADMIN else "member",
            uses=self.uses,
            used=self.used,
            state=self.state(now),
            created_by=self.created_by,
            created_at=self.created_at,
            expires_at=self.expires_at,
        )


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is stored of a person's authenticator. `last_step` is the time step of its last code that was used."""

    secret: bytes
    confirmed_at: datetime | None
    last_step: int | None
    wrong: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A sign-in that waits for a code, and how many wrong ones it has had."""

    user_id: UserId
    wrong: int


FamilyEnd = Literal["logged_out", "reused", "remote", "password_changed", "password_reset", "suspended", "deleted"]
"""By what a sign-in ended; `remote` is a log-out from another device."""


@dataclass(frozen=True, slots=True)
class Family:
    """One sign-in: the refresh tokens that follow from each other. `ends_at` is the latest end, however it is used."""

    id: SignInId
    user_id: UserId
    ends_at: datetime
    ended: FamilyEnd | None = None


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """What is stored about a refresh token that somebody presents."""

    family: Family
    user: User
    expires_at: datetime
    used: bool


class Refusal(StrEnum):
    """Why a refresh token is not exchanged."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    REUSED = "reused"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


def refusal_of(presented: PresentedToken | None, now: datetime) -> Refusal | None:
    """Why not, or None if the token may be exchanged.

    A token that was exchanged before is in two hands, and nobody can tell whose: there is no grace, not even for an
    answer that was lost on its way.
    """
    if presented is None:
        return Refusal.UNKNOWN
    if presented.family.ended is not None:
        return Refusal.REUSED if presented.family.ended == "reused" else Refusal.ENDED
    if presented.used:
        return Refusal.REUSED
    if now >= presented.expires_at:
        return Refusal.EXPIRED
    if presented.user.status is not Status.ACTIVE:
        return Refusal.SUSPENDED
    return None


def may_administer(by: Role, whom: Role, to: Role | None) -> bool:
    """Whether somebody may act on a person, and give them the role `to`. Owners may all; administrators act on
    members and on each other, and make nobody an owner."""
    if by is Role.OWNER:
        return True
    return by is Role.ADMIN and whom is not Role.OWNER and to is not Role.OWNER


def may_invite(by: Role, role: Role) -> bool:
    """Whether somebody may let others in with a role: owners with any but their own, administrators members alone."""
    return (role is Role.MEMBER and by is Role.ADMIN) or (by is Role.OWNER and role is not Role.OWNER)


def normal_email(email: str) -> str:
    """The form that accounts are found by: `Ada@Example.ORG` and `ada@example.org` are one person."""
    return email.strip().casefold()
