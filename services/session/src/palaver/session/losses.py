"""An attempt whose worker is gone, told to whoever keeps the books."""

import structlog

from palaver.contracts.session import ATTEMPT_LOST, AttemptLost
from palaver.servicekit.broker import Broker
from palaver.session.domain import Turn
from palaver.session.room import Room

_log = structlog.get_logger()


def report_loss(room: Room, turn: Turn) -> None:
    """Somebody must pay for the call that died with its worker; analytics estimates it, and a real fact replaces that.

    To be called before the claim is taken away or the turn is ended.
    """
    _log.warning("attempt_lost", turn=turn.ref.turn_id, attempt=turn.attempt, worker=turn.worker)
    lost = AttemptLost(
        session_id=room.id,
        turn_id=turn.ref.turn_id,
        attempt=turn.attempt,
        payer=turn.payer,
        participant_id=turn.ref.participant_id,
        open_call=turn.open_call,
        text_length=turn.checkpointed,
        at=room.now,
    )
    message_id = f"{turn.ref.turn_id}:{turn.attempt}:lost"
    room.post_letter(Broker.outgoing(ATTEMPT_LOST, lost, turn.ref.turn_id, message_id=message_id))
