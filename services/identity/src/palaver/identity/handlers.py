"""The inbound edge: boxes are opened, use-cases are called, answers are sealed. Decides nothing."""

from collections.abc import Awaitable, Callable

from palaver.contracts.identity import (
    AuditPage,
    Credentials,
    DeleteUser,
    DeletionProof,
    IssuedTicket,
    IssueTicket,
    Jwks,
    ListAudit,
    LogIn,
    LogOut,
    PersonRole,
    ReadJwks,
    ReadRole,
    ReadTrail,
    ReadUser,
    RedeemLink,
    RedeemTicket,
    Refresh,
    Register,
    Registration,
    SealedRequest,
    SecretToken,
    SignedIn,
    TicketHolder,
    UpdateUser,
    UserView,
)
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.second_factor import RedeemSecondFactor, SecondFactorRequired, SecondStep
from palaver.contracts.session import Done
from palaver.identity.access_tokens import AccessTokens
from palaver.identity.accounts import Accounts
from palaver.identity.boxes import Boxes, reply_to
from palaver.identity.domain import Origin, SignedInPerson
from palaver.identity.errors import second_factor_required
from palaver.identity.families import Families
from palaver.identity.leaving import Leaving
from palaver.identity.second_steps import Asked, SecondSteps
from palaver.identity.signing_in import SigningIn
from palaver.identity.tickets import Tickets
from palaver.identity.trail import Trail
from palaver.servicekit.reply_box import ReplyBox


class Handlers:
    """One method per subject."""

    def __init__(
        self,
        *,
        boxes: Boxes,
        accounts: Accounts,
        leaving: Leaving,
        signing_in: SigningIn,
        second_steps: SecondSteps,
        families: Families,
        tickets: Tickets,
        access_tokens: AccessTokens,
        trail: Trail,
    ) -> None:
        self._boxes = boxes
        self._accounts = accounts
        self._leaving = leaving
        self._signing_in = signing_in
        self._second_steps = second_steps
        self._families = families
        self._tickets = tickets
        self._access_tokens = access_tokens
        self._trail = trail

    async def user_register(self, request: Register) -> SignedIn:
        """Answer `user.register`."""
        reply = reply_to(request.reply_key)
        registration = self._boxes.open(request.sealed, Registration)
        return _signed_in(await self._accounts.register(registration, _origin(request)), reply)

    async def user_login(self, request: LogIn) -> SignedIn:
        """Answer `user.login`."""
        reply = reply_to(request.reply_key)
        credentials = self._boxes.open(request.sealed, Credentials)
        outcome = await self._signing_in.by_password(credentials, _origin(request))
        if isinstance(outcome, Asked):
            sealed = reply.seal(SecretToken(token=outcome.secret))
            raise second_factor_required(SecondFactorRequired(sealed=sealed, expires_at=outcome.expires_at))
        return _signed_in(outcome, reply)

    async def second_factor_redeem(self, request: RedeemSecondFactor) -> SignedIn:
        """Answer `second-factor.redeem`."""
        reply = reply_to(request.reply_key)
        step = self._boxes.open(request.sealed, SecondStep)
        return _signed_in(await self._second_steps.take(step, _origin(request)), reply)

    async def link_redeem(self, request: RedeemLink) -> SignedIn:
        """Answer `link.redeem`."""
        reply = reply_to(request.reply_key)
        code = self._boxes.open(request.sealed, SecretToken).token
        return _signed_in(await self._signing_in.by_link(code, _origin(request)), reply)

    async def user_refresh(self, request: Refresh) -> SignedIn:
        """Answer `user.refresh`."""
        reply = reply_to(request.reply_key)
        token = self._boxes.open(request.sealed, SecretToken).token
        return _signed_in(await self._families.refresh(token, _origin(request)), reply)

    async def user_logout(self, request: LogOut) -> Done:
        """Answer `user.logout`."""
        await self._families.log_out(self._boxes.open(request.sealed, SecretToken).token)
        return Done()

    async def ticket_issue(self, request: IssueTicket) -> IssuedTicket:
        """Answer `ticket.issue`."""
        reply = reply_to(request.reply_key)
        issued = await self._tickets.issue(request.actor, request.sid, request.sign_in_ends_at)
        return IssuedTicket(sealed=reply.seal(SecretToken(token=issued.secret)), expires_at=issued.expires_at)

    async def ticket_redeem(self, request: RedeemTicket) -> TicketHolder:
        """Answer `ticket.redeem`."""
        holder = await self._tickets.redeem(self._boxes.open(request.sealed, SecretToken).token)
        return TicketHolder(user=holder.user.view(), sid=holder.sid, expires_at=holder.expires_at)

    async def user_get(self, request: ReadUser) -> UserView:
        """Answer `user.get`."""
        return (await self._accounts.read(request.actor)).view()

    async def user_update(self, request: UpdateUser) -> UserView:
        """Answer `user.update`."""
        return (await self._accounts.update(request)).view()

    async def user_delete(self, request: DeleteUser) -> Done:
        """Answer `user.delete`."""
        proof = None if request.sealed is None else self._boxes.open(request.sealed, DeletionProof)
        await self._leaving.leave(request.actor, proof, request.sid)
        return Done()

    async def jwks_get(self, request: ReadJwks) -> Jwks:  # noqa: ARG002 - a request without content
        """Answer `jwks.get`."""
        return self._access_tokens.jwks()

    async def audit_list(self, request: ListAudit) -> AuditPage:
        """Answer `audit.list`."""
        return await self._trail.page(request)

    async def trail_read(self, request: ReadTrail) -> AuditPage:
        """Answer `trail.read`."""
        return await self._trail.about(request)

    async def role_read(self, request: ReadRole) -> PersonRole:
        """Answer `role.read`."""
        return await self._accounts.role_of(request.user_id)

    def on_audit_recorded(self, service: str) -> Callable[[AuditRecorded], Awaitable[None]]:
        """The handler for one service's reports; the payload does not name the service, its subject does."""

        async def record(entry: AuditRecorded) -> None:
            await self._trail.record(service, entry)

        return record


def _origin(request: SealedRequest) -> Origin:
    return Origin(request.address, request.device)


def _signed_in(person: SignedInPerson, reply: ReplyBox) -> SignedIn:
    return SignedIn(user=person.user.view(), sealed=reply.seal(person.tokens))
