"""The inbound edge for owners and administrators. Decides nothing."""

from palaver.contracts.administration import (
    AuditSlice,
    ChangePerson,
    EndAnySignIn,
    ListAllSignIns,
    ListPeople,
    OfPerson,
    PeoplePage,
    PersonView,
    SearchAudit,
    SignInPage,
)
from palaver.contracts.session import Done
from palaver.identity.administration import Administration
from palaver.identity.trail import Trail


class AdminHandlers:
    """One method per subject."""

    def __init__(self, administration: Administration, trail: Trail) -> None:
        self._administration = administration
        self._trail = trail

    async def people_list(self, request: ListPeople) -> PeoplePage:
        """Answer `people.list`."""
        return await self._administration.people(request)

    async def person_get(self, request: OfPerson) -> PersonView:
        """Answer `person.get`."""
        return await self._administration.person(request)

    async def person_change(self, request: ChangePerson) -> PersonView:
        """Answer `person.change`."""
        return await self._administration.change(request)

    async def person_delete(self, request: OfPerson) -> Done:
        """Answer `person.delete`."""
        await self._administration.delete(request)
        return Done()

    async def second_factor_reset(self, request: OfPerson) -> Done:
        """Answer `second-factor.reset`."""
        await self._administration.reset_second_factor(request)
        return Done()

    async def sign_ins_list(self, request: ListAllSignIns) -> SignInPage:
        """Answer `sign-ins.list`."""
        return await self._administration.sign_ins(request)

    async def sign_ins_end(self, request: EndAnySignIn) -> Done:
        """Answer `sign-ins.end`."""
        await self._administration.end_sign_in(request.actor, request.sign_in_id)
        return Done()

    async def audit_search(self, request: SearchAudit) -> AuditSlice:
        """Answer `audit.search`."""
        return await self._trail.search(request)
