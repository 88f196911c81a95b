"""What identity owns: users, credentials, tokens, and the one audit trail. Secrets travel sealed both ways."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from palaver.contracts.actors import Actor, Role
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.operations import AuditRecorded, audit_recorded, dependency_changed, limits_get
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, event, query

OWNER = "identity"

SEAL_CONTEXT_REQUEST = "identity.request"
SEAL_CONTEXT_ANSWER = "identity.answer"

MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_CHARACTERS = 200
MAX_INVITATION_CHARACTERS = 200
"""Of its code."""

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
Password = Annotated[str, Field(min_length=MIN_PASSWORD_CHARACTERS, max_length=MAX_PASSWORD_CHARACTERS, repr=False)]
Nickname = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class UserView(Payload):
    """A person as they see themselves."""

    id: UserId
    email: str
    nickname: str
    avatar_url: str | None = None
    role: Role
    status: Literal["active", "suspended", "deleted"] = "active"
    created_at: datetime


class Registration(Payload):
    """Inside `Sealed`: what a new person gives. `invitation`: the code of one, which may decide their role."""

    email: Email
    password: Password
    nickname: Nickname
    invitation: str | None = Field(default=None, min_length=1, max_length=MAX_INVITATION_CHARACTERS, repr=False)


class Credentials(Payload):
    """Inside `Sealed`: what a person signs in with."""

    email: Email
    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)


class SecretToken(Payload):
    """Inside `Sealed`: a refresh token, a ticket or a one-time code."""

    token: str = Field(min_length=1, max_length=4_096, repr=False)


class Tokens(Payload):
    """Inside `Sealed`: a signed-in person's tokens. The access token is an EdDSA JWT."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime


class SealedRequest(Payload):
    """`reply_key` is a fresh X25519 public key (unpadded base64url) that the answer is sealed to."""

    reply_key: str
    address: str | None = None
    device: str | None = Field(default=None, max_length=200)


class Register(SealedRequest):
    """Open an account."""

    sealed: Sealed[Registration]


class LogIn(SealedRequest):
    """Sign in with e-mail and password."""

    sealed: Sealed[Credentials]


class Refresh(SealedRequest):
    """Exchange a refresh token; each can be used once, and reuse ends its whole family."""

    sealed: Sealed[SecretToken]


class RedeemLink(SealedRequest):
    """Sign in with a one-time code from a sign-in link."""

    sealed: Sealed[SecretToken]


class SignedIn(Payload):
    """Who signed in, and their tokens sealed to the request's `reply_key`."""

    user: UserView
    sealed: Sealed[Tokens]


class LogOut(Payload):
    """End the refresh token's family."""

    sealed: Sealed[SecretToken]


class IssueTicket(Payload):
    """A single-use credential for one WebSocket handshake. It allows nothing beyond `sign_in_ends_at`, the end of the
    access token that asks for it, and nothing once the sign-in `sid` is over."""

    actor: Actor
    reply_key: str
    sid: SignInId | None = None
    sign_in_ends_at: datetime | None = None


class IssuedTicket(Payload):
    """The ticket, sealed to `reply_key`."""

    sealed: Sealed[SecretToken]
    expires_at: datetime


class RedeemTicket(Payload):
    """Use a ticket; it works once."""

    sealed: Sealed[SecretToken]


class TicketHolder(Payload):
    """Whose ticket it was, of which sign-in, and when the access token behind it ends."""

    user: UserView
    sid: SignInId | None = None
    expires_at: datetime


class ReadUser(Payload):
    """The actor themselves."""

    actor: Actor


class UpdateUser(Payload):
    """Change what is given."""

    actor: Actor
    nickname: Nickname | None = None
    avatar_url: str | None = Field(default=None, max_length=2_000)


class ReadJwks(Payload):
    """The public keys that verify access tokens."""


class Jwks(Payload):
    """RFC 7517."""

    keys: tuple[dict[str, Any], ...]


class ListAudit(Payload):
    """The audit trail, newest first; admins see all, others their own."""

    actor: Actor
    before: datetime | None = None
    limit: int = Field(default=50, ge=1, le=200)


class AuditPage(Payload):
    """Audit entries."""

    entries: tuple[AuditRecorded, ...]


class ReadTrail(Payload):
    """What was done to one thing, newest first. For the service that owns the thing, which authorises its asker."""

    target_kind: str
    target_id: str
    before: datetime | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadRole(Payload):
    """What may this person do? Asked by services."""

    user_id: UserId


class PersonRole(Payload):
    """Nobody who is suspended or gone is `active`."""

    role: Role
    active: bool


class DeletionProof(Payload):
    """Inside `Sealed`: the password of whoever deletes their own account, and a code if they have a second factor."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    code: str | None = Field(default=None, min_length=6, max_length=40, repr=False)


class DeleteUser(Payload):
    """Delete the actor's own account. Without a password the sign-in `sid` must be fresh."""

    actor: Actor
    sealed: Sealed[DeletionProof] | None = None
    sid: SignInId | None = None


class UserRegistered(Payload):
    """A person opened an account."""

    user_id: UserId
    at: datetime


class UserDeleted(Payload):
    """An account is gone, and with it everything that anybody keeps of the person. Said again every hour for a day, for
    what was still under way; so whoever hears it does the same again, harmlessly."""

    user_id: UserId
    at: datetime


USER_REGISTER = query("identity.user.register.v1", Register, SignedIn, "Open an account.")
USER_LOGIN = query("identity.user.login.v1", LogIn, SignedIn, "Sign in with a password.")
USER_REFRESH = query("identity.user.refresh.v1", Refresh, SignedIn, "Exchange a refresh token.")
USER_LOGOUT = query("identity.user.logout.v1", LogOut, Done, "Sign out.")
LINK_REDEEM = query("identity.link.redeem.v1", RedeemLink, SignedIn, "Sign in with a one-time link.")
TICKET_ISSUE = query("identity.ticket.issue.v1", IssueTicket, IssuedTicket, "A single-use WebSocket ticket.")
TICKET_REDEEM = query("identity.ticket.redeem.v1", RedeemTicket, TicketHolder, "Use a WebSocket ticket.")
USER_GET = query("identity.user.get.v1", ReadUser, UserView, "The actor's own account.")
USER_UPDATE = query("identity.user.update.v1", UpdateUser, UserView, "Change the actor's own profile.")
USER_DELETE = query(
    "identity.user.delete.v1", DeleteUser, Done, "Delete the actor's own account.", timeout_seconds=10.0
)
JWKS_GET = query("identity.jwks.get.v1", ReadJwks, Jwks, "Public keys of access tokens.")
AUDIT_LIST = query("identity.audit.list.v1", ListAudit, AuditPage, "The audit trail.")
TRAIL_READ = query("identity.trail.read.v1", ReadTrail, AuditPage, "What was done to one thing.")
ROLE_READ = query("identity.role.read.v1", ReadRole, PersonRole, "What a person may do.")
USER_REGISTERED = event("identity.user.registered.v1", UserRegistered, "A person opened an account.", "user")
USER_DELETED = event(
    "identity.user.deleted.v1", UserDeleted, "An account is gone: everybody forgets the person.", "user"
)
AUDIT_RECORDED = audit_recorded(OWNER)
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)
