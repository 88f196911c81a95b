"""Who may open an account: everybody, whoever is invited, or nobody. An invitation is used in the transaction that
makes the account, and is worth what whoever made it may still do."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Role
from palaver.contracts.ids import InvitationId
from palaver.contracts.invitations import RegistrationMode
from palaver.identity.domain import Invitation, may_invite
from palaver.identity.errors import invitation_invalid, invitation_required, registration_closed
from palaver.identity.store import invitations
from palaver.identity.store.users import administrator
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Work


@dataclass(frozen=True, slots=True)
class Admitted:
    """As what somebody may open an account, and by which invitation."""

    role: Role
    invitation_id: InvitationId | None = None

    @property
    def details(self) -> dict[str, str]:
        """For the audit trail."""
        return {} if self.invitation_id is None else {"invitation": self.invitation_id, "role": self.role.value}


class Admission:
    """Every method raises Failure: REGISTRATION_CLOSED, INVITATION_REQUIRED, INVITATION_INVALID."""

    def __init__(self, database: Database, mode: RegistrationMode) -> None:
        self._database = database
        self.mode: RegistrationMode = mode

    async def expect(self, email: str, code: bytes | None, now: datetime) -> None:
        """Whether `admit` would, before anything is computed for nothing; `code` is a digest."""
        if self.mode == "closed":
            raise registration_closed()
        if code is None:
            if self.mode == "invitation":
                raise invitation_required()
            return
        async with self._database.read() as conn:
            await self._check(conn, await invitations.by_code(conn, code), email, now)

    async def admit(
        self, work: Work, email: str, code: bytes | None, now: datetime, *, proven: bool = False
    ) -> Admitted:
        """Use the invitation of this code. Whoever has none but has `proven` that the address is theirs uses one that
        is bound to it, if there is one."""
        if self.mode == "closed":
            raise registration_closed()
        if code is not None:
            invited = await self._check(work.conn, await invitations.lock_by_code(work.conn, code), email, now)
        else:
            invited = await self._bound(work.conn, email, now) if proven else None
        if invited is None:
            if self.mode == "invitation":
                raise invitation_required()
            return Admitted(Role.MEMBER)
        await invitations.use(work.conn, invited.id)
        return Admitted(invited.role, invited.id)

    async def _bound(self, conn: AsyncConnection, email: str, now: datetime) -> Invitation | None:
        for invitation in await invitations.lock_by_email(conn, email, now):
            if await _is_backed(conn, invitation):
                return invitation
        return None

    async def _check(
        self, conn: AsyncConnection, invitation: Invitation | None, email: str, now: datetime
    ) -> Invitation:
        if invitation is None or not invitation.admits(email, now) or not await _is_backed(conn, invitation):
            raise invitation_invalid()
        return invitation


async def _is_backed(conn: AsyncConnection, invitation: Invitation) -> bool:
    by = await administrator(conn, invitation.created_by)
    return by is not None and may_invite(by.role, invitation.role)
