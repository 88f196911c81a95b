"""What the keyvault reports to the audit trail: every use of every key, and every refusal."""

from datetime import datetime
from typing import Literal, TypeAlias

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
UNUSUAL = "key.unusual"

Outcome = Literal["done", "refused"]


Who: TypeAlias = Actor | UserId | None
"""Somebody who asked, with from where; somebody for whom a service acted; or nobody."""


def done(action: str, who: Who, key_id: KeyId, at: datetime, **details: str) -> Outgoing:
    """Somebody did something with a key."""
    return _recorded(action, who, (TARGET_KIND, key_id), at, "done", details)


def refused(action: str, who: Who, key_id: KeyId, at: datetime, **details: str) -> Outgoing:
    """Somebody was not allowed or not able to."""
    return _recorded(action, who, (TARGET_KIND, key_id), at, "refused", details)


def rewrapped(version: int, at: datetime, *, count: int, left: int) -> Outgoing:
    """Data keys were wrapped by another key-encryption key; `left` are still under older ones."""
    return _recorded(REWRAP, None, ("kek", str(version)), at, "done", {"count": str(count), "left": str(left)})


def locks(action: str, actor: Actor, at: datetime, *, outcome: Outcome = "done", **details: str) -> Outgoing:
    """Somebody unlocked or locked all their protected keys, or tried to."""
    return _recorded(action, actor, ("user", actor.user_id), at, outcome, details)


def _recorded(  # noqa: PLR0917 - the functions above are the callers
    action: str, who: Who, target: tuple[str, str], at: datetime, outcome: Outcome, details: dict[str, str]
) -> Outgoing:
    asked = who if isinstance(who, Actor) else None
    entry = AuditRecorded(
        event_id=new_id(),
        at=at,
        actor_id=who.user_id if isinstance(who, Actor) else who,
        action=action,
        target_kind=target[0],
        target_id=target[1],
        outcome=outcome,
        address=asked.address if asked else None,
        device=asked.device if asked else None,
        sign_in=asked.sign_in if asked else None,
        details=details,
    )
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)
