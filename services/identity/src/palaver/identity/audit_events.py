"""What this service itself has to report to the audit trail, as messages for its outbox."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from palaver.contracts.actors import Actor
from palaver.contracts.administration import USER_SUSPENDED, UserSuspended
from palaver.contracts.identity import AUDIT_RECORDED, USER_DELETED, USER_REGISTERED, UserDeleted, UserRegistered
from palaver.contracts.ids import InvitationId, SignInId, UserId, new_id
from palaver.contracts.operations import AuditRecorded
from palaver.identity.domain import Origin, SignedInPerson, User
from palaver.servicekit.broker import Broker, Outgoing

UNKNOWN = "unknown"
"""Target of a refused sign-in that names nobody. What was typed is not kept: it may be a password."""


def user_registered(user: User) -> Outgoing:
    """Other services hear of a new person."""
    return Broker.outgoing(USER_REGISTERED, UserRegistered(user_id=user.id, at=user.created_at), user.id)


def user_deleted(user_id: UserId, at: datetime) -> Outgoing:
    """Every service forgets a person."""
    return Broker.outgoing(USER_DELETED, UserDeleted(user_id=user_id, at=at), user_id)


def user_suspended(user_id: UserId, at: datetime) -> Outgoing:
    """What runs for a person stops."""
    return Broker.outgoing(USER_SUSPENDED, UserSuspended(user_id=user_id, at=at), user_id)


def by(
    actor: Actor,
    action: str,
    user_id: UserId,
    at: datetime,
    *,
    outcome: Literal["done", "refused"] = "done",
    **details: str,
) -> Outgoing:
    """Somebody did something to a person, or was not allowed to: an administrator, or the person themselves."""
    return _by(actor, action, ("user", user_id), at, outcome=outcome, details=details)


def of_invitation(
    actor: Actor,
    action: str,
    invitation_id: InvitationId,
    at: datetime,
    *,
    outcome: Literal["done", "refused"] = "done",
    **details: str,
) -> Outgoing:
    """An administrator made or took back an invitation, or was not allowed to."""
    return _by(actor, action, ("invitation", invitation_id), at, outcome=outcome, details=details)


def _by(
    actor: Actor,
    action: str,
    target: tuple[str, str],
    at: datetime,
    *,
    outcome: Literal["done", "refused"] = "done",
    details: Mapping[str, str] = MappingProxyType({}),
) -> Outgoing:
    kind, target_id = target
    return _recorded(
        AuditRecorded(
            event_id=new_id(),
            at=at,
            actor_id=actor.user_id,
            action=action,
            target_kind=kind,
            target_id=target_id,
            outcome=outcome,
            address=actor.address,
            device=actor.device,
            sign_in=actor.sign_in,
            details=dict(details),
        )
    )


def mailed(action: str, target_kind: str, target_id: str, at: datetime) -> Outgoing:
    """The service itself sent a letter about something."""
    return _recorded(
        AuditRecorded(
            event_id=new_id(), at=at, actor_id=None, action=action, target_kind=target_kind, target_id=target_id
        )
    )


def exported(actor: Actor, at: datetime) -> Outgoing:
    """Somebody takes the audit trail with them."""
    return _by(actor, "audit.export", ("audit", "trail"), at)


def done(
    action: str,
    user_id: UserId,
    at: datetime,
    *,
    address: str | None = None,
    device: str | None = None,
    sign_in: SignInId | None = None,
    **details: str,
) -> Outgoing:
    """A person did something to their own account, by the sign-in that this began or ended, if any."""
    return _recorded(
        AuditRecorded(
            event_id=new_id(),
            at=at,
            actor_id=user_id,
            action=action,
            target_kind="user",
            target_id=user_id,
            address=address,
            device=device,
            sign_in=sign_in,
            details=details,
        )
    )


def signed_in(action: str, person: SignedInPerson, origin: Origin, at: datetime, **details: str) -> Outgoing:
    """A sign-in began."""
    return done(action, person.user.id, at, address=origin.address, device=origin.device, sign_in=person.sid, **details)


def happened(action: str, user_id: UserId, at: datetime, *, address: str | None = None, **details: str) -> Outgoing:
    """Something was done to an account by whoever holds a mailed link, or by the service itself."""
    return _recorded(
        AuditRecorded(
            event_id=new_id(),
            at=at,
            actor_id=None,
            action=action,
            target_kind="user",
            target_id=user_id,
            address=address,
            details=details,
        )
    )


def refused(
    action: str,
    user_id: UserId | None,
    at: datetime,
    *,
    address: str | None = None,
    device: str | None = None,
    sign_in: SignInId | None = None,
    **details: str,
) -> Outgoing:
    """Somebody unproven tried to act as a person; so there is no actor, only a target."""
    return _recorded(
        AuditRecorded(
            event_id=new_id(),
            at=at,
            actor_id=None,
            action=action,
            target_kind="user",
            target_id=user_id or UNKNOWN,
            outcome="refused",
            address=address,
            device=device,
            sign_in=sign_in,
            details=details,
        )
    )


def refused_to(actor: Actor, action: str, at: datetime) -> Outgoing:
    """Somebody who is signed in did not prove to be the person after all."""
    return refused(action, actor.user_id, at, address=actor.address, device=actor.device, sign_in=actor.sign_in)


def _recorded(entry: AuditRecorded) -> Outgoing:
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)
