"""What owners and administrators do with people. Each act is an entry of the audit trail, the refused ones too."""

from collections.abc import Callable
from dataclasses import dataclass

from palaver.contracts.actors import Actor, Role
from palaver.contracts.administration import (
    ChangePerson,
    ListAllSignIns,
    ListPeople,
    OfPerson,
    PeoplePage,
    PersonView,
    SignInPage,
    Standing,
)
from palaver.contracts.failures import Failure
from palaver.contracts.ids import SignInId, UserId
from palaver.identity import audit_events
from palaver.identity.domain import Status, User, may_administer
from palaver.identity.endings import Endings
from palaver.identity.errors import (
    last_owner,
    no_second_factor,
    not_an_administrator,
    not_yourself,
    owners_only,
    sign_in_not_found,
    user_not_found,
)
from palaver.identity.leaving import DELETE, Leaving
from palaver.identity.ports import Clock
from palaver.identity.store import families, letters, people, second_factors, users
from palaver.identity.store.users import administrator
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions, Work

ROLE = "user.role"
SUSPEND = "user.suspend"
REACTIVATE = "user.reactivate"
SIGN_OUT = "sign-in.end"
RESET_FACTOR = "second-factor.reset"


@dataclass(frozen=True, slots=True)
class _Case:
    """Who acts on whom. `refusal` says why not."""

    whom: User
    refusal: Failure | None


class Administration:
    """Every method raises Failure(FORBIDDEN) for members, for suspended administrators, and for administrators who
    reach for an owner. `wake` tells whoever sends that a letter waits; None where no mail can be sent."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        endings: Endings,
        leaving: Leaving,
        clock: Clock,
        wake: Callable[[], None] | None,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._endings = endings
        self._leaving = leaving
        self._clock = clock
        self._wake = wake

    async def people(self, request: ListPeople) -> PeoplePage:
        """A page of people."""
        async with self._database.read() as conn:
            if await administrator(conn, request.actor.user_id) is None:
                raise not_an_administrator()
            found, total = await people.page(conn, request)
        return PeoplePage(people=found, total=total)

    async def person(self, request: OfPerson) -> PersonView:
        """One person. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            if await administrator(conn, request.actor.user_id) is None:
                raise not_an_administrator()
            found = await people.read(conn, request.user_id)
        if found is None:
            raise user_not_found()
        return found

    async def change(self, request: ChangePerson) -> PersonView:
        """Another role, suspended or active. Raises Failure: LAST_OWNER, CONFLICT for suspending oneself, NOT_FOUND."""
        async with self._transactions.begin() as work:
            case = await self._open(work, request.actor, request.user_id, request.role)
            refusal = case.refusal or await self._against(work, request, case.whom)
            if refusal is not None:
                action = ROLE if request.role is not None else SUSPEND
                await self._report_refusal(work, request.actor, request.user_id, action, refusal)
            else:
                await self._apply(work, request, case.whom)
            changed = await people.read(work.conn, request.user_id)
        if refusal is not None:  # raised out here, so that the refusal's audit entry is kept
            raise refusal
        if changed is None:
            raise user_not_found()
        return changed

    async def delete(self, request: OfPerson) -> None:
        """Delete somebody's account. Raises Failure: LAST_OWNER, CONFLICT for one's own, NOT_FOUND."""
        actor, user_id = request.actor, request.user_id
        async with self._transactions.begin() as work:
            case = await self._open(work, actor, user_id, None)
            refusal = case.refusal or (not_yourself("delete") if user_id == actor.user_id else None)
            if refusal is None:
                await self._leaving.remove(work, user_id)
                await work.say(audit_events.by(actor, DELETE, user_id, self._clock()))
            else:
                await self._report_refusal(work, actor, user_id, DELETE, refusal)
        if refusal is not None:
            raise refusal

    async def reset_second_factor(self, request: OfPerson) -> None:
        """Take the second factor of somebody who lost it; they are told by mail. Raises Failure: CONFLICT for one's
        own, NOT_FOUND."""
        actor, user_id, now = request.actor, request.user_id, self._clock()
        async with self._transactions.begin() as work:
            case = await self._open(work, actor, user_id, None)
            refusal = case.refusal or (not_yourself("take the second factor of") if user_id == actor.user_id else None)
            if refusal is not None:
                await self._report_refusal(work, actor, user_id, RESET_FACTOR, refusal)
            else:
                if not await second_factors.is_on(work.conn, user_id):
                    raise no_second_factor()
                await second_factors.remove(work.conn, user_id)
                await work.say(audit_events.by(actor, RESET_FACTOR, user_id, now))
                if self._wake is not None:
                    await letters.add(work.conn, "second-factor-reset", now, user_id=user_id)
                    work.then(self._wake)
        if refusal is not None:
            raise refusal

    async def sign_ins(self, request: ListAllSignIns) -> SignInPage:
        """Where people are signed in."""
        async with self._database.read() as conn:
            if await administrator(conn, request.actor.user_id) is None:
                raise not_an_administrator()
            found, total = await families.page(
                conn, request.user_id, self._clock(), limit=request.limit, offset=request.offset
            )
        return SignInPage(sign_ins=found, total=total)

    async def end_sign_in(self, actor: Actor, sid: SignInId) -> None:
        """Log somebody out. Raises Failure(NOT_FOUND)."""
        async with self._transactions.begin() as work:
            if await administrator(work.conn, actor.user_id) is None:
                raise not_an_administrator()
            whose = await families.whose(work.conn, sid)
            if whose is None or not await self._endings.end(work, whose, sid, "remote"):
                raise sign_in_not_found()
            await work.say(audit_events.by(actor, SIGN_OUT, whose, self._clock(), sign_in=sid))

    async def _open(self, work: Work, actor: Actor, user_id: UserId, role: Role | None) -> _Case:
        await users.lock_owners(work.conn)  # before any row, as everybody who may touch an owner does
        by = await administrator(work.conn, actor.user_id)
        whom = await users.lock(work.conn, user_id)
        if by is None:
            raise not_an_administrator()
        if whom is None or whom.status is Status.DELETED:
            raise user_not_found()
        return _Case(whom, None if may_administer(by.role, whom.role, role) else owners_only())

    async def _against(self, work: Work, request: ChangePerson, whom: User) -> Failure | None:
        suspends = request.status == Status.SUSPENDED.value
        if suspends and whom.id == request.actor.user_id:
            return not_yourself("suspend")
        loses = suspends or request.role not in {None, Role.OWNER}
        if loses and whom.role is Role.OWNER and not await users.has_other_owner(work.conn, whom.id):
            return last_owner()
        return None

    async def _apply(self, work: Work, request: ChangePerson, whom: User) -> None:
        now = self._clock()
        if request.role is not None and request.role is not whom.role:
            await users.change(work.conn, whom.id, {"role": request.role.value})
            before, after = whom.role.value, request.role.value
            await work.say(audit_events.by(request.actor, ROLE, whom.id, now, before=before, after=after))
        if request.status is not None and request.status != whom.status.value:
            await self._set_standing(work, request.actor, whom, request.status)

    async def _set_standing(self, work: Work, actor: Actor, whom: User, standing: Standing) -> None:
        now = self._clock()
        await users.change(work.conn, whom.id, {"status": standing})
        if standing == Status.SUSPENDED.value:
            await self._endings.end_all(work, whom.id, "suspended")
            await work.say(audit_events.user_suspended(whom.id, now))
        action = SUSPEND if standing == Status.SUSPENDED.value else REACTIVATE
        await work.say(audit_events.by(actor, action, whom.id, now))

    async def _report_refusal(self, work: Work, actor: Actor, user_id: UserId, action: str, why: Failure) -> None:
        now = self._clock()
        await work.say(audit_events.by(actor, action, user_id, now, outcome="refused", code=why.code.value))
