"""Invitations to open an account, for owners and administrators; and whether one is needed, for whoever has none."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from palaver.contracts import limits
from palaver.contracts.identity import SEAL_CONTEXT_ANSWER, Email
from palaver.contracts.ids import InvitationId
from palaver.contracts.invitations import (
    INVITATION_CREATE,
    INVITATION_LIST,
    INVITATION_REVOKE,
    REGISTRATION_GET,
    CreateInvitation,
    InvitationCode,
    InvitationState,
    InvitationView,
    InvitedRole,
    ListInvitations,
    ReadRegistration,
    RegistrationRules,
    RevokeInvitation,
)
from palaver.contracts.passwords import Language
from palaver.gateway.api.admin import PageNumber, PageSize
from palaver.gateway.api.envelope import Envelope, Page, PageMeta, done
from palaver.gateway.api.surroundings import Around, Authenticated, Id
from palaver.gateway.recipients import reply_key_of
from palaver.servicekit.sealing import KeyPair, unseal

router = APIRouter()


class InvitationBody(BaseModel):
    """Whom to invite. With an `email` it is for that address alone, works once, and is mailed where mail is set up."""

    email: Email | None = None
    role: InvitedRole = "member"
    uses: int = Field(default=1, ge=1, le=limits.MAX_INVITATION_USES)
    days: int = Field(default=limits.INVITATION_DAYS, ge=1, le=limits.MAX_INVITATION_DAYS, description="Until it ends.")
    language: Language = Field(default="en", description="Of the mail.")


class NewInvitation(InvitationView):
    """The invitation with its `code`, and the `url` of the page with it, which are never shown again."""

    code: str = Field(repr=False)
    url: str = Field(repr=False)
    mailed: bool = Field(description="Whether a mail to the address is on its way.")


@router.post("/admin/invitations", status_code=201, tags=["admin"])
async def create_invitation(body: InvitationBody, who: Authenticated, around: Around) -> Envelope[NewInvitation]:
    """Invite somebody. Owners alone invite administrators."""
    keys = KeyPair.generate()
    request = CreateInvitation(actor=who.actor, reply_key=reply_key_of(keys), **dict(body))
    made = await around.broker.ask(INVITATION_CREATE, request)
    opened = unseal(made.sealed, InvitationCode, keys=keys, context=SEAL_CONTEXT_ANSWER)
    return Envelope(data=NewInvitation(**dict(made.invitation), **dict(opened), mailed=made.mailed))


@router.get("/admin/invitations", tags=["admin"])
async def list_invitations(
    who: Authenticated,
    around: Around,
    state: Annotated[InvitationState | None, Query(description="Only those.")] = None,
    page: PageNumber = 1,
    limit: PageSize = limits.DEFAULT_PAGE,
) -> Page[list[InvitationView]]:
    """Who is invited, by whom and as what; the newest first."""
    request = ListInvitations(actor=who.actor, state=state, limit=limit, offset=(page - 1) * limit)
    answer = await around.broker.ask(INVITATION_LIST, request)
    return Page(data=list(answer.invitations), meta=PageMeta(page=page, limit=limit, total=answer.total))


@router.delete("/admin/invitations/{invitation_id}", tags=["admin"])
async def revoke_invitation(invitation_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Take an invitation back. Accounts that it opened stay."""
    request = RevokeInvitation(actor=who.actor, invitation_id=InvitationId(invitation_id))
    await around.broker.ask(INVITATION_REVOKE, request)
    return done()


@router.get("/auth/registration", tags=["auth"])
async def read_registration(around: Around) -> Envelope[RegistrationRules]:
    """Whether anybody may open an account, whoever is invited, or nobody."""
    return Envelope(data=await around.broker.ask(REGISTRATION_GET, ReadRegistration()))
