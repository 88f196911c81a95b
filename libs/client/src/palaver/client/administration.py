"""What owners and administrators do: people, invitations, sign-ins."""

from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter

from palaver.client.rest import Rest
from palaver.contracts.administration import PersonView, SignInRecord
from palaver.contracts.ids import InvitationId, SignInId, UserId
from palaver.contracts.invitations import InvitationState, InvitationView, InvitedRole
from palaver.contracts.limits import INVITATION_DAYS, MAX_PAGE
from palaver.contracts.passwords import Language

PEOPLE = TypeAdapter(tuple[PersonView, ...])
INVITATIONS = TypeAdapter(tuple[InvitationView, ...])
SIGN_INS = TypeAdapter(tuple[SignInRecord, ...])
ADMIN = "/api/v1/admin"


class NewInvitation(InvitationView):
    """An invitation with its code, and the address of the page with it; neither is told again."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field(repr=False)
    url: str = Field(repr=False)
    mailed: bool


class Administration:
    """`palaver.admin`. Every method raises Failure(FORBIDDEN) for members."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def people(self, search: str = "") -> tuple[PersonView, ...]:
        """The newest ones, or those with this in their nickname or address."""
        query = {"q": search} if search else {}
        return PEOPLE.validate_python(await self._rest.get(f"{ADMIN}/users", limit=str(MAX_PAGE), **query))

    async def change(self, user_id: UserId, **changes: str) -> PersonView:
        """Give a `role`, or another `status`: suspended, active."""
        return PersonView.model_validate(await self._rest.call("PUT", f"{ADMIN}/users/{user_id}", dict(changes)))

    async def delete(self, user_id: UserId) -> None:
        """Somebody's account, for good."""
        await self._rest.call("DELETE", f"{ADMIN}/users/{user_id}", None)

    async def reset_second_factor(self, user_id: UserId) -> None:
        """For somebody who lost it; they are told by mail. Raises Failure(NOT_FOUND, CONFLICT for one's own)."""
        await self._rest.call("DELETE", f"{ADMIN}/users/{user_id}/second-factor", None)

    async def sign_ins(self) -> tuple[SignInRecord, ...]:
        """Who is signed in, the last seen first."""
        return SIGN_INS.validate_python(await self._rest.get(f"{ADMIN}/sign-ins", limit=str(MAX_PAGE)))

    async def end_sign_in(self, sign_in_id: SignInId) -> None:
        """Sign somebody out from afar."""
        await self._rest.call("DELETE", f"{ADMIN}/sign-ins/{sign_in_id}", None)

    async def invite(
        self,
        email: str | None = None,
        *,
        role: InvitedRole = "member",
        uses: int = 1,
        days: int = INVITATION_DAYS,
        language: Language = "en",
    ) -> NewInvitation:
        """With an address it is for that alone, works once, and is mailed where mail is set up."""
        body: dict[str, Any] = {"email": email, "role": role, "uses": uses, "days": days, "language": language}
        return NewInvitation.model_validate(await self._rest.post(f"{ADMIN}/invitations", body))

    async def invitations(self, state: InvitationState | None = None) -> tuple[InvitationView, ...]:
        """The newest ones, or those in one state."""
        query = {"state": state} if state else {}
        return INVITATIONS.validate_python(await self._rest.get(f"{ADMIN}/invitations", limit=str(MAX_PAGE), **query))

    async def revoke_invitation(self, invitation_id: InvitationId) -> None:
        """Nobody uses it any more."""
        await self._rest.call("DELETE", f"{ADMIN}/invitations/{invitation_id}", None)
