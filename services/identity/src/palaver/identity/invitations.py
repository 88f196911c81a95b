"""Owners and administrators invite people, see who is invited, and take invitations back."""

from collections.abc import Callable
from datetime import timedelta

from palaver.contracts import limits
from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import Failure
from palaver.contracts.ids import InvitationId, new_id
from palaver.contracts.invitations import CreateInvitation, InvitationCode, InvitationView, ListInvitations
from palaver.identity import audit_events
from palaver.identity.admission import Admission
from palaver.identity.domain import Invitation, may_invite, normal_email
from palaver.identity.errors import (
    invitation_not_found,
    not_an_administrator,
    one_use_for_an_address,
    owners_only,
    registration_closed,
    too_many_invitations,
)
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Clock
from palaver.identity.store import invitations as store
from palaver.identity.store import letters
from palaver.identity.store.users import administrator
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions, Work

CREATE, REVOKE = "invitation.create", "invitation.revoke"


class Invitations:
    """`wake` tells whoever sends that a letter waits; None where no mail can be sent."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        admission: Admission,
        clock: Clock,
        page_url: str,
        wake: Callable[[], None] | None,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._admission = admission
        self._clock = clock
        self._page_url = page_url.rstrip("/")
        self._wake = wake

    async def create(self, request: CreateInvitation) -> tuple[InvitationView, InvitationCode, bool]:
        """The invitation, its code, and whether it is being mailed. Raises Failure: FORBIDDEN, REGISTRATION_CLOSED,
        VALIDATION_FAILED, CONFLICT (too many of them)."""
        if self._admission.mode == "closed":
            raise registration_closed()
        if request.email is not None and request.uses > 1:
            raise one_use_for_an_address()
        now, secret = self._clock(), new_secret()
        invitation = Invitation(
            id=InvitationId(new_id()),
            email=None if request.email is None else normal_email(request.email),
            role=Role(request.role),
            uses=request.uses,
            used=0,
            created_by=request.actor.user_id,
            created_at=now,
            expires_at=now + timedelta(days=request.days),
        )
        mailed = invitation.email is not None and self._wake is not None
        async with self._transactions.begin() as work:
            refusal = await self._against(work, request.actor, CREATE, invitation)
            if refusal is None:
                if await store.count_open(work.conn, now) >= limits.MAX_OPEN_INVITATIONS:
                    raise too_many_invitations()
                await store.add(work.conn, invitation)
                await store.add_code(work.conn, digest_of(secret), invitation.id)
                if mailed and self._wake is not None:
                    await letters.add(
                        work.conn, "invitation", now, invitation_id=invitation.id, language=request.language
                    )
                    work.then(self._wake)
                role, uses = invitation.role.value, str(invitation.uses)
                await work.say(
                    audit_events.of_invitation(request.actor, CREATE, invitation.id, now, role=role, uses=uses)
                )
        if refusal is not None:  # raised out here, so that the refusal's audit entry is kept
            raise refusal
        code = InvitationCode(code=secret, url=link_of(self._page_url, secret))
        return invitation.view(now), code, mailed

    async def page(self, request: ListInvitations) -> tuple[tuple[InvitationView, ...], int]:
        """A page of them, and how many there are. Raises Failure(FORBIDDEN)."""
        now = self._clock()
        async with self._database.read() as conn:
            if await administrator(conn, request.actor.user_id) is None:
                raise not_an_administrator()
            found, total = await store.page(conn, request.state, now, limit=request.limit, offset=request.offset)
        return tuple(invitation.view(now) for invitation in found), total

    async def revoke(self, actor: Actor, invitation_id: InvitationId) -> None:
        """Take one back; harmless if nobody could use it any more. Raises Failure(FORBIDDEN, NOT_FOUND)."""
        now = self._clock()
        async with self._transactions.begin() as work:
            invitation = await store.lock(work.conn, invitation_id)
            if invitation is None:
                if await administrator(work.conn, actor.user_id) is None:
                    raise not_an_administrator()
                raise invitation_not_found()
            refusal = await self._against(work, actor, REVOKE, invitation)
            if refusal is None and invitation.state(now) == "open":
                await store.revoke(work.conn, invitation_id, now)
                await work.say(audit_events.of_invitation(actor, REVOKE, invitation_id, now))
        if refusal is not None:
            raise refusal

    async def _against(self, work: Work, actor: Actor, action: str, invitation: Invitation) -> Failure | None:
        """Why not, as an entry of the audit trail. Raises Failure(FORBIDDEN) for members."""
        by = await administrator(work.conn, actor.user_id)
        if by is None:
            raise not_an_administrator()
        if may_invite(by.role, invitation.role):
            return None
        refusal = owners_only()
        now, code = self._clock(), refusal.code.value
        await work.say(audit_events.of_invitation(actor, action, invitation.id, now, outcome="refused", code=code))
        return refusal


def link_of(page_url: str, code: str) -> str:
    """The page with an invitation; the code is in the fragment, which no server is sent."""
    return f"{page_url}/#invitation={code}"
