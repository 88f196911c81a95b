"""The inbound edge for invitations and what they are for. Decides nothing."""

from palaver.contracts.invitations import (
    CreatedInvitation,
    CreateInvitation,
    InvitationPage,
    ListInvitations,
    ReadRegistration,
    RegistrationRules,
    RevokeInvitation,
)
from palaver.contracts.session import Done
from palaver.identity.admission import Admission
from palaver.identity.boxes import reply_to
from palaver.identity.invitations import Invitations


class InvitationHandlers:
    """One method per subject."""

    def __init__(self, invitations: Invitations, admission: Admission) -> None:
        self._invitations = invitations
        self._admission = admission

    async def invitation_create(self, request: CreateInvitation) -> CreatedInvitation:
        """Answer `invitation.create`."""
        reply = reply_to(request.reply_key)
        invitation, code, mailed = await self._invitations.create(request)
        return CreatedInvitation(invitation=invitation, sealed=reply.seal(code), mailed=mailed)

    async def invitation_list(self, request: ListInvitations) -> InvitationPage:
        """Answer `invitation.list`."""
        found, total = await self._invitations.page(request)
        return InvitationPage(invitations=found, total=total)

    async def invitation_revoke(self, request: RevokeInvitation) -> Done:
        """Answer `invitation.revoke`."""
        await self._invitations.revoke(request.actor, request.invitation_id)
        return Done()

    async def registration_get(self, request: ReadRegistration) -> RegistrationRules:  # noqa: ARG002 - without content
        """Answer `registration.get`."""
        return RegistrationRules(mode=self._admission.mode)
