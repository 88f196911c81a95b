"""Opening an account, reading and changing one's own."""

from datetime import datetime

from palaver.contracts.actors import Actor
from palaver.contracts.failures import Failure
from palaver.contracts.identity import PersonRole, Registration, UpdateUser
from palaver.contracts.ids import UserId, new_id
from palaver.identity import audit_events
from palaver.identity.admission import Admission
from palaver.identity.domain import OWNER_EMAIL, Origin, SignedInPerson, Status, User, normal_email
from palaver.identity.errors import email_taken, invalid_avatar, user_not_found
from palaver.identity.families import Families
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock
from palaver.identity.store import users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

REGISTER = "user.register"
PICTURE_SCHEMES = ("https://", "http://")


class Accounts:
    """People as they come and as they change."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        passwords: Passwords,
        families: Families,
        metrics: IdentityMetrics,
        clock: Clock,
        admission: Admission,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._passwords = passwords
        self._families = families
        self._metrics = metrics
        self._clock = clock
        self._admission = admission

    async def register(self, registration: Registration, origin: Origin) -> SignedInPerson:
        """A new person, signed in. Raises Failure: REGISTRATION_CLOSED, INVITATION_REQUIRED, INVITATION_INVALID; then,
        after the same work for every address, EMAIL_TAKEN."""
        now = self._clock()
        code = None if registration.invitation is None else digest_of(registration.invitation)
        try:
            await self._admission.expect(normal_email(registration.email), code, now)
            password_hash = await self._passwords.hash(registration.password)
            return await self._open(registration, code, password_hash, origin, now)
        except Failure as failure:
            await self._refuse(failure, origin)
            raise

    async def _open(
        self, given: Registration, code: bytes | None, password_hash: str, origin: Origin, now: datetime
    ) -> SignedInPerson:
        email = normal_email(given.email)
        async with self._transactions.begin() as work:
            admitted = await self._admission.admit(work, email, code, now)
            user = User(UserId(new_id()), email, given.nickname, None, admitted.role, Status.ACTIVE, now)
            if email == OWNER_EMAIL or not await users.add(work.conn, user):  # the owner's even before it is made
                raise email_taken()  # which gives the invitation back
            await users.set_password(work.conn, user.id, password_hash, now)
            person = await self._families.open(work, user, origin, now)
            registered = audit_events.signed_in(REGISTER, person, origin, now, **admitted.details)
            await work.say(audit_events.user_registered(user), registered)
        self._metrics.sign_ins.labels("register", "done").inc()
        return person

    async def _refuse(self, failure: Failure, origin: Origin) -> None:
        self._metrics.sign_ins.labels("register", "refused").inc()
        async with self._transactions.begin() as work:
            await work.say(
                audit_events.refused(
                    REGISTER, None, self._clock(), address=origin.address, device=origin.device, code=failure.code.value
                )
            )

    async def read(self, actor: Actor) -> User:
        """The actor themselves. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            user = await users.read(conn, actor.user_id)
        return _existing(user)

    async def role_of(self, user_id: UserId) -> PersonRole:
        """What somebody may do, for the services. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            user = _existing(await users.read(conn, user_id))
        return PersonRole(role=user.role, active=user.status is Status.ACTIVE)

    async def update(self, request: UpdateUser) -> User:
        """Change what is given of the actor; an empty `avatar_url` takes the picture away. Raises Failure(NOT_FOUND),
        Failure(VALIDATION_FAILED)."""
        changes: dict[str, str | None] = {}
        if request.nickname is not None:
            changes["nickname"] = request.nickname
        if request.avatar_url is not None:
            changes["avatar_url"] = _picture(request.avatar_url)
        if not changes:
            return await self.read(request.actor)
        actor = request.actor
        async with self._transactions.begin() as work:
            user = _existing(await users.change(work.conn, actor.user_id, changes))
            changed = ",".join(changes)
            await work.say(audit_events.by(actor, "user.update", user.id, self._clock(), changed=changed))
        return user


def _existing(user: User | None) -> User:
    if user is None or user.status is Status.DELETED:
        raise user_not_found()
    return user


def _picture(url: str) -> str | None:
    if not url:
        return None
    if not url.lower().startswith(PICTURE_SCHEMES):
        raise invalid_avatar()
    return url
