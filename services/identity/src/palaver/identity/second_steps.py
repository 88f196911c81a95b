"""Signing in with a password and a second factor: a challenge between the two steps, which is nobody's sign-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from palaver.contracts.ids import UserId
from palaver.contracts.second_factor import SecondStep
from palaver.identity import audit_events
from palaver.identity.domain import Origin, SignedInPerson, Status
from palaver.identity.errors import challenge_over, code_wrong
from palaver.identity.families import Families
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Clock
from palaver.identity.second_factors import SecondFactors
from palaver.identity.store import second_factors as store
from palaver.identity.store import users
from palaver.servicekit.transactions import Transactions, Work

CHALLENGE_LIFE = timedelta(minutes=5)
MAX_WRONG_CODES = 5
LOGIN, PASSWORD_ACCEPTED, REDEEM = "user.login", "user.login-password", "second-factor.redeem"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whoever presents this with a right code in time is signed in."""

    secret: str
    expires_at: datetime


class SecondSteps:
    """Between the password and the sign-in."""

    def __init__(
        self,
        transactions: Transactions,
        second_factors: SecondFactors,
        families: Families,
        metrics: IdentityMetrics,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._second_factors = second_factors
        self._families = families
        self._metrics = metrics
        self._clock = clock

    async def ask(self, work: Work, user_id: UserId, origin: Origin, now: datetime) -> Asked | None:
        """After the right password, in its transaction; None for a person without a second factor."""
        if not await store.is_on(work.conn, user_id):
            return None
        secret, expires_at = new_secret(), now + CHALLENGE_LIFE
        await store.challenge(work.conn, digest_of(secret), user_id, expires_at)
        await work.say(audit_events.happened(PASSWORD_ACCEPTED, user_id, now, address=origin.address))
        return Asked(secret, expires_at)

    async def take(self, step: SecondStep, origin: Origin) -> SignedInPerson:
        """Raises Failure(UNAUTHENTICATED) for a challenge that is unknown, used or over, and SECOND_FACTOR_INVALID for
        a wrong code; after some of those the challenge is over too."""
        now, digest = self._clock(), digest_of(step.challenge)
        async with self._transactions.begin() as work:
            challenge = await store.lock_challenge(work.conn, digest, now)
            user = await users.read(work.conn, challenge.user_id) if challenge else None
            if challenge is not None and user is not None and user.status is Status.ACTIVE:
                if await self._second_factors.is_right(work, user.id, step.code, now):
                    await store.end_challenge(work.conn, digest)
                    person = await self._families.open(work, user, origin, now)
                    await work.say(audit_events.signed_in(LOGIN, person, origin, now))
                    self._metrics.sign_ins.labels("second-factor", "done").inc()
                    return person
                if challenge.wrong + 1 >= MAX_WRONG_CODES:
                    await store.end_challenge(work.conn, digest)
                else:
                    await store.note_wrong(work.conn, digest)
            user_id = user.id if user else None
            refused = audit_events.refused(REDEEM, user_id, now, address=origin.address, device=origin.device)
            await work.say(refused)
        self._metrics.sign_ins.labels("second-factor", "refused").inc()
        raise challenge_over() if user is None else code_wrong()
