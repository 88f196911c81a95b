"""Invitations to open an account: made by owners and administrators, worth what whoever made them may still do."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.identity import Email
from palaver.contracts.ids import InvitationId, UserId
from palaver.contracts.passwords import Language
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, query

RegistrationMode = Literal["open", "invitation", "closed"]
"""Who may open an account: anybody, whoever is invited, or nobody."""
InvitedRole = Literal["member", "admin"]
InvitationState = Literal["open", "used", "expired", "revoked"]


class InvitationView(Payload):
    """An invitation without its code. With an `email` it is for that address alone. `state`: whether somebody could
    still use it, and if not, why."""

    id: InvitationId
    email: str | None = None
    role: InvitedRole
    uses: int
    used: int
    state: InvitationState
    created_by: UserId
    created_at: datetime
    expires_at: datetime


class CreateInvitation(Payload):
    """Invite somebody. Owners alone invite administrators. With an `email` it works once, and is mailed in `language`
    where mail is set up."""

    actor: Actor
    reply_key: str
    email: Email | None = None
    role: InvitedRole = "member"
    uses: int = Field(default=1, ge=1, le=limits.MAX_INVITATION_USES)
    days: int = Field(default=limits.INVITATION_DAYS, ge=1, le=limits.MAX_INVITATION_DAYS)
    language: Language = "en"


class InvitationCode(Payload):
    """Inside `Sealed`: what opens the account, shown this once. `url` is the page with it."""

    code: str = Field(repr=False)
    url: str = Field(repr=False)


class CreatedInvitation(Payload):
    """The invitation, its code sealed to the request's `reply_key`, and whether it is being mailed."""

    invitation: InvitationView
    sealed: Sealed[InvitationCode]
    mailed: bool


class ListInvitations(Payload):
    """Invitations of everybody, the newest first."""

    actor: Actor
    state: InvitationState | None = None
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)
    offset: int = Field(default=0, ge=0)


class InvitationPage(Payload):
    """A page of them, and how many there are in all."""

    invitations: tuple[InvitationView, ...]
    total: int


class RevokeInvitation(Payload):
    """Nobody uses it any more. Owners alone revoke invitations of administrators."""

    actor: Actor
    invitation_id: InvitationId


class ReadRegistration(Payload):
    """How accounts are opened here. Asked by whoever has none."""


class RegistrationRules(Payload):
    """By setting."""

    mode: RegistrationMode


INVITATION_CREATE = query("identity.invitation.create.v1", CreateInvitation, CreatedInvitation, "Invite somebody.")
INVITATION_LIST = query("identity.invitation.list.v1", ListInvitations, InvitationPage, "Who is invited.")
INVITATION_REVOKE = query("identity.invitation.revoke.v1", RevokeInvitation, Done, "Take an invitation back.")
REGISTRATION_GET = query(
    "identity.registration.get.v1", ReadRegistration, RegistrationRules, "How accounts are opened."
)
QUERIES = (INVITATION_CREATE, INVITATION_LIST, INVITATION_REVOKE, REGISTRATION_GET)
