"""Identity as the gateway meets it: secrets sealed to it, answers opened with keys made for one asker."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from prometheus_client import CollectorRegistry

from palaver.contracts.actors import Actor
from palaver.contracts.failures import Failure
from palaver.contracts.identity import (
    LINK_REDEEM,
    SEAL_CONTEXT_ANSWER,
    SEAL_CONTEXT_REQUEST,
    TICKET_ISSUE,
    TICKET_REDEEM,
    USER_LOGIN,
    USER_LOGOUT,
    USER_REFRESH,
    USER_REGISTER,
    Credentials,
    IssueTicket,
    LogIn,
    LogOut,
    RedeemLink,
    RedeemTicket,
    Refresh,
    Register,
    Registration,
    SecretToken,
    SignedIn,
    TicketHolder,
    Tokens,
    UserView,
)
from palaver.contracts.ids import SignInId
from palaver.contracts.invitations import (
    INVITATION_CREATE,
    CreatedInvitation,
    CreateInvitation,
    InvitationCode,
)
from palaver.contracts.passwords import (
    PASSWORD_CHANGE,
    PASSWORD_RESET,
    PASSWORD_RESET_REQUEST,
    ChangePassword,
    Language,
    PasswordChange,
    PasswordReset,
    RequestPasswordReset,
    ResetPassword,
)
from palaver.contracts.sealed import Sealed
from palaver.contracts.second_factor import (
    RECOVERY_CODES_RENEW,
    SECOND_FACTOR_BEGIN,
    SECOND_FACTOR_CONFIRM,
    SECOND_FACTOR_DISABLE,
    SECOND_FACTOR_REDEEM,
    AuthenticatorSecret,
    BeginSecondFactor,
    CodeProof,
    ConfirmSecondFactor,
    DisableSecondFactor,
    FullProof,
    PasswordProof,
    RecoveryCodes,
    RedeemSecondFactor,
    RenewRecoveryCodes,
    SecondFactorRequired,
    SecondStep,
)
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.redis import Redis
from palaver.servicekit.sealing import KeyPair, seal, to_base64url, unseal

PASSPHRASE = "correct horse battery"  # noqa: S105 - exists in tests only


@dataclass(slots=True)
class Clock:
    """Time that a test moves."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """See `ports.Clock`."""
        return self.now

    def forward(self, **by: float) -> None:
        """By days, seconds, …"""
        self.now += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    user: UserView
    tokens: Tokens

    @property
    def actor(self) -> Actor:
        """As the gateway names them."""
        return Actor(user_id=self.user.id, role=self.user.role, sign_in=self.sid)

    @property
    def sid(self) -> SignInId:
        """The sign-in, as its access tokens name it."""
        return SignInId(jwt.decode(self.tokens.access_token, options={"verify_signature": False})["sid"])


class Edge:
    """What the gateway does with identity."""

    def __init__(self, broker: Broker, public: bytes, key_id: str) -> None:
        self.broker = broker
        self._public = public
        self._key_id = key_id
        self.reply_keys = KeyPair.generate()
        self.reply_key = to_base64url(self.reply_keys.public)

    def sealed(self, payload: Any, *, context: str = SEAL_CONTEXT_REQUEST) -> Sealed[Any]:
        """Sealed to identity."""
        return seal(payload, public=self._public, key_id=self._key_id, context=context)

    def opened(self, signed_in: SignedIn) -> Person:
        """The answer, opened."""
        tokens = unseal(signed_in.sealed, Tokens, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER)
        return Person(signed_in.user, tokens)

    async def register(
        self, email: str, password: str = PASSPHRASE, nickname: str = "Ada", *, invitation: str | None = None
    ) -> Person:
        """Open an account."""
        registration = Registration(email=email, password=password, nickname=nickname, invitation=invitation)
        sealed = self.sealed(registration)
        request = Register(sealed=sealed, reply_key=self.reply_key, address="203.0.113.7", device="test")
        return self.opened(await self.broker.ask(USER_REGISTER, request))

    async def log_in(self, email: str, password: str = PASSPHRASE) -> Person:
        """Sign in with a password."""
        request = LogIn(sealed=self.sealed(Credentials(email=email, password=password)), reply_key=self.reply_key)
        return self.opened(await self.broker.ask(USER_LOGIN, request))

    async def refresh(self, token: str) -> Person:
        """Exchange a refresh token."""
        request = Refresh(sealed=self.sealed(SecretToken(token=token)), reply_key=self.reply_key)
        return self.opened(await self.broker.ask(USER_REFRESH, request))

    async def log_out(self, token: str) -> None:
        """Sign out."""
        await self.broker.ask(USER_LOGOUT, LogOut(sealed=self.sealed(SecretToken(token=token))))

    async def change_password(self, person: Person, current: str | None, new: str) -> None:
        """Change a password."""
        sealed = self.sealed(PasswordChange(current_password=current, new_password=new))
        await self.broker.ask(PASSWORD_CHANGE, ChangePassword(actor=person.actor, sid=person.sid, sealed=sealed))

    async def forget_password(self, email: str, language: Language = "en") -> None:
        """Ask for a link."""
        await self.broker.ask(PASSWORD_RESET_REQUEST, RequestPasswordReset(email=email, language=language))

    async def reset_password(self, token: str, new: str) -> None:
        """Use a link."""
        sealed = self.sealed(PasswordReset(token=token, new_password=new))
        await self.broker.ask(PASSWORD_RESET, ResetPassword(sealed=sealed))

    async def challenge(self, email: str, password: str = PASSPHRASE) -> str:
        """The first step of a sign-in with a second factor."""
        try:
            await self.log_in(email, password)
        except Failure as failure:
            required = SecondFactorRequired.model_validate(failure.details)
            return unseal(required.sealed, SecretToken, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER).token
        raise AssertionError("no second factor was asked for")

    async def second_step(self, challenge: str, code: str) -> Person:
        """The second step."""
        sealed = self.sealed(SecondStep(challenge=challenge, code=code))
        request = RedeemSecondFactor(sealed=sealed, reply_key=self.reply_key)
        return self.opened(await self.broker.ask(SECOND_FACTOR_REDEEM, request))

    async def begin_second_factor(self, person: Person, password: str = PASSPHRASE) -> str:
        """A secret for an authenticator."""
        sealed = self.sealed(PasswordProof(password=password))
        request = BeginSecondFactor(actor=person.actor, reply_key=self.reply_key, sealed=sealed)
        answer = await self.broker.ask(SECOND_FACTOR_BEGIN, request)
        opened = unseal(answer.sealed, AuthenticatorSecret, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER)
        return opened.secret

    async def confirm_second_factor(self, person: Person, code: str) -> tuple[str, ...]:
        """Turn it on; the recovery codes."""
        sealed = self.sealed(CodeProof(code=code))
        request = ConfirmSecondFactor(actor=person.actor, reply_key=self.reply_key, sealed=sealed)
        answer = await self.broker.ask(SECOND_FACTOR_CONFIRM, request)
        return unseal(answer.sealed, RecoveryCodes, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER).codes

    async def renew_recovery_codes(self, person: Person, code: str, password: str = PASSPHRASE) -> tuple[str, ...]:
        """New recovery codes."""
        sealed = self.sealed(FullProof(password=password, code=code))
        request = RenewRecoveryCodes(actor=person.actor, reply_key=self.reply_key, sealed=sealed)
        answer = await self.broker.ask(RECOVERY_CODES_RENEW, request)
        return unseal(answer.sealed, RecoveryCodes, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER).codes

    async def disable_second_factor(self, person: Person, code: str, password: str = PASSPHRASE) -> None:
        """Turn it off."""
        sealed = self.sealed(FullProof(password=password, code=code))
        await self.broker.ask(SECOND_FACTOR_DISABLE, DisableSecondFactor(actor=person.actor, sealed=sealed))

    async def invite(self, by: Actor, **wishes: Any) -> tuple[CreatedInvitation, InvitationCode]:
        """Invite somebody."""
        request = CreateInvitation(actor=by, reply_key=self.reply_key, **wishes)
        made = await self.broker.ask(INVITATION_CREATE, request)
        return made, unseal(made.sealed, InvitationCode, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER)

    async def redeem_link(self, code: str) -> Person:
        """Sign in with a one-time code."""
        request = RedeemLink(sealed=self.sealed(SecretToken(token=code)), reply_key=self.reply_key)
        return self.opened(await self.broker.ask(LINK_REDEEM, request))

    async def ticket(self, actor: Actor, ends_at: datetime | None = None, *, sid: SignInId | None = None) -> str:
        """A ticket for the actor."""
        request = IssueTicket(actor=actor, reply_key=self.reply_key, sid=sid, sign_in_ends_at=ends_at)
        issued = await self.broker.ask(TICKET_ISSUE, request)
        return unseal(issued.sealed, SecretToken, keys=self.reply_keys, context=SEAL_CONTEXT_ANSWER).token

    async def redeem_ticket(self, ticket: str) -> TicketHolder:
        """Use a ticket."""
        return await self.broker.ask(TICKET_REDEEM, RedeemTicket(sealed=self.sealed(SecretToken(token=ticket))))


@dataclass(frozen=True, slots=True)
class World:
    """Identity, running, and everything around it."""

    edge: Edge
    clock: Clock
    database: Database
    redis: Redis
    metrics: CollectorRegistry

    async def ticket_keys(self) -> list[str]:
        """Every key in this test's Redis."""
        found: Any = await self.redis.client.keys("*")
        return list(found)

    def metric(self, name: str, *, about: str = "") -> float:
        """The sum of the samples that have a label containing `about`, or of all."""
        samples = [sample for family in self.metrics.collect() for sample in family.samples if sample.name == name]
        return sum(s.value for s in samples if not about or any(about in label for label in s.labels.values()))
