"""Sign-ins over time: opened, renewed by rotating refresh tokens, ended by log-out or by the reuse of a token."""

from datetime import datetime, timedelta

import structlog

from palaver.contracts.identity import Tokens
from palaver.contracts.ids import SignInId, new_id
from palaver.identity import audit_events
from palaver.identity.access_tokens import AccessTokens
from palaver.identity.domain import Family, Origin, PresentedToken, Refusal, SignedInPerson, User, refusal_of
from palaver.identity.endings import Endings
from palaver.identity.errors import refresh_refused
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Clock
from palaver.identity.store import families
from palaver.servicekit.transactions import Transactions, Work

_log = structlog.get_logger()


class Families:
    """Refresh tokens live `idle` from one use to the next, a sign-in `longest` in all."""

    def __init__(
        self,
        transactions: Transactions,
        access_tokens: AccessTokens,
        endings: Endings,
        metrics: IdentityMetrics,
        clock: Clock,
        *,
        idle: timedelta,
        longest: timedelta,
    ) -> None:
        self._transactions = transactions
        self._access_tokens = access_tokens
        self._endings = endings
        self._metrics = metrics
        self._clock = clock
        self._idle = idle
        self._longest = longest

    async def open(self, work: Work, user: User, origin: Origin, now: datetime) -> SignedInPerson:
        """A new sign-in, in the transaction of whoever proved that it is them."""
        family = Family(SignInId(new_id()), user.id, now + self._longest)
        await families.add(work.conn, family, origin, now)
        return SignedInPerson(user, family.id, await self._next_tokens(work, user, family, now))

    async def refresh(self, token: str, origin: Origin) -> SignedInPerson:
        """Exchange a refresh token. Raises Failure(REFRESH_REUSED) when it was exchanged before: the whole sign-in is
        over then; TOKEN_EXPIRED, UNAUTHENTICATED or FORBIDDEN otherwise."""
        now, digest = self._clock(), digest_of(token)
        async with self._transactions.begin() as work:
            presented = await families.lock_presented(work.conn, digest)
            refusal = refusal_of(presented, now)
            if presented is not None and refusal is None:
                await families.use(work.conn, digest, presented.family.id, origin, now)
                self._metrics.refreshes.labels("done").inc()
                tokens = await self._next_tokens(work, presented.user, presented.family, now)
                return SignedInPerson(presented.user, presented.family.id, tokens)
            if presented is not None and refusal is Refusal.REUSED:
                await self._end_reused(work, presented, origin, now)
        refusal = refusal or Refusal.UNKNOWN
        self._metrics.refreshes.labels(refusal.value).inc()
        raise refresh_refused(refusal)

    async def log_out(self, token: str) -> None:
        """End the sign-in; a token that is unknown or over already is as good as logged out."""
        async with self._transactions.begin() as work:
            known = await families.of_token(work.conn, digest_of(token))
            if known is not None and await self._endings.end(work, *known, "logged_out"):
                await work.say(audit_events.done("user.logout", known[0], self._clock(), sign_in=known[1]))

    async def _next_tokens(self, work: Work, user: User, family: Family, now: datetime) -> Tokens:
        refresh_token = new_secret()
        refresh_expires_at = min(now + self._idle, family.ends_at)
        await families.add_token(work.conn, family.id, digest_of(refresh_token), refresh_expires_at)
        access_token, expires_at = self._access_tokens.issue(user, family.id, now)
        return Tokens(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=expires_at,
            refresh_expires_at=refresh_expires_at,
        )

    async def _end_reused(self, work: Work, presented: PresentedToken, origin: Origin, now: datetime) -> None:
        if presented.family.ended is not None:
            return  # said once
        user_id, family_id = presented.user.id, presented.family.id
        _log.warning("refresh_token_reused", user_id=user_id, family_id=family_id)
        await self._endings.end(work, user_id, family_id, "reused")
        await work.say(
            audit_events.refused(
                "refresh.reuse",
                user_id,
                now,
                address=origin.address,
                device=origin.device,
                sign_in=family_id,
                family_id=family_id,
            )
        )
