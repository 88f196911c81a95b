"""Reading as much of a log entry as relaying it takes; its bytes go on as they are."""

from dataclasses import dataclass
from typing import Final

import msgspec

ENDING: Final = frozenset({"reply.appended", "turn.failed", "turn.stopped"})
"""The entries of which each turn has exactly one, its last."""
BEGINNING: Final = "turn.requested"
POSTED: Final = "message.posted"
DELETED: Final = "session.deleted"
RESTORED: Final = "session.restored"


class _Message(msgspec.Struct):
    client_message_id: str | None = None


class _Data(msgspec.Struct):
    turn_id: str | None = None
    message: _Message | str | None = None  # of a turn that failed it is a sentence


class _Head(msgspec.Struct):
    epoch: str
    seq: int
    name: str
    data: _Data


_decode = msgspec.json.Decoder(_Head).decode


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a session's log: where it stands, what it does to turns and posts, and its bytes."""

    epoch: str
    seq: int
    name: str
    turn: bytes | None
    client_message_id: str | None
    frame: bytes

    @property
    def begins_turn(self) -> bool:
        """Deltas of its turn may follow."""
        return self.name == BEGINNING

    @property
    def ends_turn(self) -> bool:
        """No delta of its turn matters any more."""
        return self.name in ENDING


def read_entry(frame: bytes) -> Entry:
    """Raises msgspec.DecodeError for what is no log entry."""
    head = _decode(frame)
    message = head.data.message
    return Entry(
        epoch=head.epoch,
        seq=head.seq,
        name=head.name,
        turn=head.data.turn_id.encode() if head.data.turn_id else None,
        client_message_id=message.client_message_id if isinstance(message, _Message) else None,
        frame=frame,
    )
