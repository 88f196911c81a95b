"""Proving who one is: by password, or by a one-time link."""

from palaver.contracts.identity import Credentials
from palaver.contracts.ids import UserId
from palaver.identity import audit_events
from palaver.identity.domain import Origin, SignedInPerson, Status, normal_email
from palaver.identity.errors import account_suspended, invalid_credentials, invalid_link
from palaver.identity.families import Families
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.second_steps import Asked, SecondSteps
from palaver.identity.store import codes, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

LOGIN = "user.login"
LINK = "link.redeem"


class SigningIn:
    """From a proof to a sign-in; every attempt is in the audit trail."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        passwords: Passwords,
        families: Families,
        metrics: IdentityMetrics,
        clock: Clock,
        second_steps: SecondSteps,
    ) -> None:
        self._second_steps = second_steps
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._families = families
        self._metrics = metrics
        self._clock = clock

    async def by_password(self, credentials: Credentials, origin: Origin) -> SignedInPerson | Asked:
        """Raises Failure(INVALID_CREDENTIALS), the same and after the same work whether or not the account exists;
        Failure(FORBIDDEN) for a suspended one, after the right password only."""
        async with self._database.read() as conn:
            found = await users.with_password(conn, normal_email(credentials.email))
        user, stored = found or (None, None)
        checked = await self._passwords.check(credentials.password, stored)
        if user is None or not checked.right:
            await self._refuse("password", LOGIN, user.id if user else None, origin)
            raise invalid_credentials()
        if user.status is not Status.ACTIVE:
            await self._refuse("password", LOGIN, user.id, origin, status=user.status.value)
            raise account_suspended()
        now = self._clock()
        async with self._transactions.begin() as work:
            if stored is None or not await users.has_password(work.conn, user.id, stored):
                raise invalid_credentials()  # changed while it was being checked, and its sign-ins were ended
            if checked.new_hash is not None:
                await users.rehash_password(work.conn, user.id, stored, checked.new_hash)
            if (asked := await self._second_steps.ask(work, user.id, origin, now)) is not None:
                return asked
            person = await self._families.open(work, user, origin, now)
            await work.say(audit_events.signed_in(LOGIN, person, origin, now))
        self._metrics.sign_ins.labels("password", "done").inc()
        return person

    async def by_link(self, code: str, origin: Origin) -> SignedInPerson:
        """Raises Failure(INVALID_CREDENTIALS) for a code that is unknown, used or expired."""
        now = self._clock()
        async with self._transactions.begin() as work:
            user_id = await codes.redeem(work.conn, digest_of(code), now)
            user = await users.read(work.conn, user_id) if user_id else None
            if user is not None and user.status is Status.ACTIVE:
                person = await self._families.open(work, user, origin, now)
                await work.say(audit_events.signed_in(LINK, person, origin, now))
                self._metrics.sign_ins.labels("link", "done").inc()
                return person
        await self._refuse("link", LINK, user_id, origin)
        raise invalid_link()

    async def _refuse(self, how: str, action: str, user_id: UserId | None, origin: Origin, **details: str) -> None:
        self._metrics.sign_ins.labels(how, "refused").inc()
        async with self._transactions.begin() as work:
            await work.say(
                audit_events.refused(
                    action,
                    user_id,
                    self._clock(),
                    address=origin.address,
                    device=origin.device,
                    sign_in=None,
                    **details,
                )
            )
