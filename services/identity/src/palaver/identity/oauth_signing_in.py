"""Signing in with an account elsewhere: the browser is sent there, and what it brings back is worth a sign-in here.

An attempt belongs to one browser (a secret in its cookie), to one provider and one address to come back to, and works
once, within ten minutes. Who comes back for the first time gets an account without a password, or the one that has
their address, if the provider vouches for it: then nobody else keeps a way into it.
"""

from collections.abc import Mapping

import httpx2
import structlog

from palaver.contracts.ids import UserId, new_id
from palaver.contracts.oauth import OAuthCallback, OAuthProvider, OAuthStart
from palaver.identity import audit_events
from palaver.identity.admission import Admission
from palaver.identity.domain import OWNER_EMAIL, Origin, SignedInPerson, Status, User, normal_email
from palaver.identity.endings import Endings
from palaver.identity.errors import account_suspended, oauth_failed, oauth_unknown
from palaver.identity.families import Families
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.oauth_http import PROVIDER
from palaver.identity.oauth_proof import Attempt, OAuthRefusedError, Proof
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import AttemptStore, Clock, Issuer, KnownAttempt
from palaver.identity.store import outside, second_factors, users
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.transactions import Transactions, Work

SIGN_IN = "oauth.sign-in"
LINK = "oauth.link"
MAX_NICKNAME_CHARACTERS = 80

_log = structlog.get_logger()


class OAuthSigningIn:
    """`page_url` is where people reach this installation; providers know `…/callback` beneath it."""

    def __init__(
        self,
        *,
        issuers: Mapping[str, Issuer],
        names: Mapping[str, str],
        attempts: AttemptStore,
        transactions: Transactions,
        families: Families,
        endings: Endings,
        metrics: IdentityMetrics,
        clock: Clock,
        page_url: str,
        admission: Admission,
    ) -> None:
        self._issuers = issuers
        self._names = names
        self._attempts = attempts
        self._transactions = transactions
        self._families = families
        self._endings = endings
        self._metrics = metrics
        self._clock = clock
        self._page_url = page_url.rstrip("/")
        self._admission = admission

    @property
    def providers(self) -> tuple[OAuthProvider, ...]:
        """In the order of the settings."""
        return tuple(OAuthProvider(id=provider, name=name) for provider, name in self._names.items())

    async def begin(self, provider: str, invitation: str | None) -> OAuthStart:
        """Where to send the browser; an invitation counts if this opens them an account. Raises Failure(NOT_FOUND),
        Failure(OAUTH_FAILED), Unavailable."""
        issuer, state = self._issuer(provider), new_secret()
        attempt = Attempt(new_secret())
        try:
            url = await issuer.url(attempt, state, self._redirect_uri(provider))
        except httpx2.HTTPError as error:
            raise Unavailable(PROVIDER, type(error).__name__) from error
        except OAuthRefusedError as refusal:
            _log.error("sign_in_provider_misconfigured", provider=provider, reason=refusal.reason)
            raise oauth_failed() from refusal
        invited = None if invitation is None else digest_of(invitation)
        await self._attempts.keep(digest_of(state), KnownAttempt(provider, digest_of(attempt.binding), invited))
        return OAuthStart(url=url, binding=attempt.binding)

    async def finish(self, came_back: OAuthCallback, origin: Origin) -> SignedInPerson:
        """Raises Failure: OAUTH_FAILED for whatever proves nothing, FORBIDDEN for the suspended, and for who would get
        an account REGISTRATION_CLOSED, INVITATION_REQUIRED, INVITATION_INVALID; Unavailable."""
        try:
            known, proof = await self._proof(came_back)
            return await self._sign_in(known, proof, origin)
        except OAuthRefusedError as refusal:
            _log.warning("sign_in_elsewhere_refused", provider=came_back.provider, reason=refusal.reason)
            await self._refuse(came_back.provider, None, origin, refusal.reason)
            raise oauth_failed() from refusal

    async def _proof(self, came_back: OAuthCallback) -> tuple[KnownAttempt, Proof]:
        issuer = self._issuer(came_back.provider)
        known = await self._attempts.take(digest_of(came_back.state))
        if known is None:
            raise OAuthRefusedError("state")
        if (known.provider, known.binding) != (came_back.provider, digest_of(came_back.binding)):
            raise OAuthRefusedError("foreign_state")  # of another browser, or of another provider
        if came_back.error is not None or came_back.code is None:
            raise OAuthRefusedError("declined")
        redirect_uri = self._redirect_uri(came_back.provider)
        try:
            attempt = Attempt(came_back.binding)
            return known, await issuer.prove(attempt, came_back.code, came_back.iss, redirect_uri)
        except httpx2.HTTPError as error:
            raise Unavailable(PROVIDER, type(error).__name__) from error

    async def _sign_in(self, known: KnownAttempt, proof: Proof, origin: Origin) -> SignedInPerson:
        now, provider = self._clock(), known.provider
        async with self._transactions.begin() as work:
            user = await outside.read(work.conn, provider, proof.subject) or await self._link(work, known, proof)
            if user.status is Status.ACTIVE:
                person = await self._families.open(work, user, origin, now)
                await work.say(audit_events.signed_in(SIGN_IN, person, origin, now, provider=provider))
                self._metrics.sign_ins.labels("oauth", "done").inc()
                return person
        await self._refuse(provider, user.id, origin, user.status.value)
        raise account_suspended()

    async def _link(self, work: Work, known: KnownAttempt, proof: Proof) -> User:
        if proof.email is None:
            raise OAuthRefusedError("email_not_verified")
        now, email, details = self._clock(), normal_email(proof.email), dict[str, str]()
        if email == OWNER_EMAIL:
            raise OAuthRefusedError("reserved_address")
        found = await users.by_email(work.conn, email)
        if found is not None and found.status is not Status.ACTIVE:
            return found
        if found is not None:
            user = found
            # Whoever opened the account has perhaps never shown that the address is theirs.
            await users.drop_password(work.conn, user.id)
            await second_factors.remove(work.conn, user.id)
            await self._endings.end_all(work, user.id, "password_changed")
        else:
            admitted = await self._admission.admit(work, email, known.invitation, now, proven=True)
            details = admitted.details
            nickname = (proof.nickname or email.partition("@")[0]).strip()[:MAX_NICKNAME_CHARACTERS] or "?"
            user = User(UserId(new_id()), email, nickname, None, admitted.role, Status.ACTIVE, now)
            if not await users.add(work.conn, user):
                raise OAuthRefusedError("raced")
            await work.say(audit_events.user_registered(user))
        await outside.add(work.conn, known.provider, proof.subject, user.id, now)
        await work.say(audit_events.done(LINK, user.id, now, sign_in=None, provider=known.provider, **details))
        return user

    async def _refuse(self, provider: str, user_id: UserId | None, origin: Origin, reason: str) -> None:
        self._metrics.sign_ins.labels("oauth", "refused").inc()
        refused = audit_events.refused(
            *(SIGN_IN, user_id, self._clock()),
            address=origin.address,
            device=origin.device,
            provider=provider,
            reason=reason,
        )
        async with self._transactions.begin() as work:
            await work.say(refused)

    def _issuer(self, provider: str) -> Issuer:
        if provider not in self._issuers:
            raise oauth_unknown()
        return self._issuers[provider]

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._page_url}/api/v1/auth/oauth/{provider}/callback"
