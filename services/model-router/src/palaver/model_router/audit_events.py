"""What the model-router reports to the audit trail: changes of the registry, and attempts at it."""

from datetime import datetime
from typing import Literal

from palaver.contracts.actors import Actor
from palaver.contracts.ids import new_id
from palaver.contracts.model_router import AUDIT_RECORDED
from palaver.contracts.operations import AuditRecorded
from palaver.model_router.registry_store import Kind
from palaver.servicekit.broker import Broker, Outgoing


def recorded(
    action: str,
    actor: Actor,
    target: tuple[Kind, str],
    at: datetime,
    *,
    outcome: Literal["done", "refused"] = "done",
    details: dict[str, str] | None = None,
) -> Outgoing:
    """Somebody did something with an entry, or was not allowed to."""
    kind, target_id = target
    entry = AuditRecorded(
        event_id=new_id(),
        at=at,
        actor_id=actor.user_id,
        action=f"{kind}.{action}",
        target_kind=kind,
        target_id=target_id,
        outcome=outcome,
        address=actor.address,
        device=actor.device,
        sign_in=actor.sign_in,
        details=details or {},
    )
    return Broker.outgoing(AUDIT_RECORDED, entry, message_id=entry.event_id)
