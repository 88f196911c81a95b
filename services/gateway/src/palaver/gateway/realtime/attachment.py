"""One connection's place in one session: which entries and how much of each running text its client has.

While it is joining (attach, resume, recovery of a slow reader) it keeps what arrives until the answer is read; then it
splices that by `seq` and `offset`, so that the client gets neither a gap nor anything twice.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from palaver.contracts.client_protocol import LiveTurn
from palaver.contracts.deltas import turn_of
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.entries import Entry
from palaver.gateway.realtime.splice import Splice

if TYPE_CHECKING:
    from palaver.gateway.realtime.room import Room


class Attachment:
    """Made joining; `complete` lets it relay."""

    __slots__ = (
        "_kept",
        "_kept_bytes",
        "_max_kept_bytes",
        "_splices",
        "admitted",
        "connection",
        "detached",
        "joining",
        "room",
        "seq",
    )

    def __init__(self, connection: Connection, room: "Room", *, max_kept_bytes: int) -> None:
        self.connection = connection
        self.room = room
        self.seq = 0
        self.detached = False
        self.admitted = False  # session has said that this person may follow the room
        self.joining = asyncio.Lock()  # one join at a time, answered in the order asked
        self._max_kept_bytes = max_kept_bytes
        self._kept: list[Entry | bytes] | None = []
        self._kept_bytes = 0
        self._splices: dict[bytes, Splice] = {}

    # ---- joining ---------------------------------------------------------------------------------------------------
    def keep(self) -> None:
        """Begin to keep what arrives; to be called before the answer is asked for."""
        if self._kept is None or self.overflown:
            self._kept = []
            self._kept_bytes = 0

    @property
    def overflown(self) -> bool:
        """More arrived than is kept: the answer must be asked for again, after another `keep`."""
        return self._kept_bytes > self._max_kept_bytes

    def complete(self, head_seq: int, live: Iterable[LiveTurn]) -> None:
        """The client has the log up to `head_seq` and these texts: pass on what was kept beyond them."""
        self.admitted = True
        self.seq = head_seq
        self._splices = {turn.turn_id.encode(): Splice(turn.attempt, len(turn.text)) for turn in live}
        self.resume()

    def resume(self) -> None:
        """Pass on what was kept, from where the client stands."""
        kept, self._kept = self._kept, None
        for item in kept or ():
            if isinstance(item, Entry):
                self.take(item)
            else:
                self.take_delta(turn_of(item), item)

    def _keep(self, item: Entry | bytes) -> None:
        self._kept_bytes += len(item.frame if isinstance(item, Entry) else item)
        if self._kept is not None and not self.overflown:
            self._kept.append(item)

    # ---- relaying --------------------------------------------------------------------------------------------------
    def take(self, entry: Entry) -> None:
        """An entry of the log, in order."""
        if self._kept is not None:
            self._keep(entry)
            return
        if entry.ends_turn and entry.turn is not None:
            self._splices.pop(entry.turn, None)
            self.connection.queue.drop_turn(entry.turn)
        if entry.seq > self.seq:
            self.seq = entry.seq
            self.connection.send(entry.frame)

    def take_delta(self, turn: bytes, frame: bytes) -> None:
        """A delta of an announced turn; decoded only while the turn is being spliced."""
        if self._kept is not None:
            self._keep(frame)
            return
        if self._splices and (splice := self._splices.get(turn)) is not None:
            news = splice.offer(frame)
            if splice.done:
                del self._splices[turn]
            if news is None:
                return
            frame = news
        self.connection.send_delta(frame)
