"""What the keyvault reports to the audit trail: every use of every key, and every refusal."""

from datetime import datetime
from typing import Literal

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId, UserId, new_id
from palaver.contracts.keyvault import AUDIT_RECORDED
from palaver.contracts.operations import AuditRecorded
from palaver.servicekit.broker import Broker, Outgoing

TARGET_KIND = "key"
CREATE = "key.create"
CHANGE = "key.change"
ENABLE = "key.enable"
DISABLE = "key.disable"
DELETE = "key.delete"
READ = "key.read"
LEASE = "key.lease"
CHECK = "key.check"
REWRAP = "kek.rewrap"
UNLOCK = "keys.unlock"
LOCK = "keys.lock"
QUOTA_NEAR = "key.quota.near"
QUOTA_EXCEEDED = "key.quota.exceeded"


def done(
    action: str, actor_id: UserId | None, key_id: KeyId, at: datetime, *, address: str | None = None, **details: str
) -> Outgoing:
    """Somebody did something with a key."""
    return _recorded(action, actor_id, key_id, at, "done", address, details)


def refused(
    action: str, actor_id: UserId | None, key_id: KeyId, at: datetime, *, address: str | None = None, **details: str
) -> Outgoing:
    """Somebody was not allowed or not able to."""
    return _recorded(action, actor_id, key_id, at, "refused", address, details)


def rewrapped(version: int, at: datetime, *, count: int, left: int) -> Outgoing:
    """Data keys were wrapped by another key-encryption key; `left` are still under older ones."""
    entry = AuditRecorded(
        event_id=new_id(),
        at=at,
        actor_id=None,
        action=REWRAP,
        target_kind="kek",
        target_id=str(version),
        details={"count": str(count), "left": str(left)},
    )
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)


def locks(
    action: str, actor: Actor, at: datetime, *, outcome: Literal["done", "refused"] = "done", **details: str
) -> Outgoing:
    """Somebody unlocked or locked all their protected keys, or tried to."""
    entry = AuditRecorded(
        event_id=new_id(),
        at=at,
        actor_id=actor.user_id,
        action=action,
        target_kind="user",
        target_id=actor.user_id,
        outcome=outcome,
        address=actor.address,
        details=details,
    )
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)


def _recorded(  # noqa: PLR0917 - the two functions above are the callers
    action: str,
    actor_id: UserId | None,
    key_id: KeyId,
    at: datetime,
    outcome: Literal["done", "refused"],
    address: str | None,
    details: dict[str, str],
) -> Outgoing:
    entry = AuditRecorded(
        event_id=new_id(),
        at=at,
        actor_id=actor_id,
        action=action,
        target_kind=TARGET_KIND,
        target_id=key_id,
        outcome=outcome,
        address=address,
        details=details,
    )
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)
