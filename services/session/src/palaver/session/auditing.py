"""What of a room's life goes into the audit trail, in the transaction that makes it true."""

from palaver.contracts.actors import Actor
from palaver.contracts.ids import new_id
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.session import AUDIT_RECORDED
from palaver.servicekit.broker import Broker
from palaver.session.room import Room


def audit(room: Room, actor: Actor, action: str, **details: str) -> None:
    """Somebody did this to the room."""
    record = AuditRecorded(
        event_id=new_id(),
        at=room.now,
        actor_id=actor.user_id,
        action=action,
        target_kind="session",
        target_id=room.id,
        address=actor.address,
        device=actor.device,
        sign_in=actor.sign_in,
        details=details,
    )
    room.post_letter(Broker.outgoing(AUDIT_RECORDED, record, message_id=record.event_id))
