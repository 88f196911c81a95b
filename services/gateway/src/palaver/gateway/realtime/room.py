"""One attached session on this gateway: its log put back in order and its deltas held until their turn is announced.

Synchronous and without I/O: what arrives goes in, what clients may see goes out to the attachments; who must read what
is missing is told by `on_behind` and `on_rebuilt`.
"""

import time
from collections.abc import Callable, Iterable

from palaver.contracts.deltas import turn_of
from palaver.gateway.realtime.attachment import Attachment
from palaver.gateway.realtime.entries import DELETED, POSTED, RESTORED, Entry

MAX_ENTRIES_AHEAD = 1_000
"""Entries kept that are ahead of a missing one; beyond, they are read from the log with it."""
MAX_ENDED_TURNS = 64
"""Turns remembered as ended, so that their late deltas are dropped and not held."""
HELD_SECONDS = 10.0
"""Deltas of a turn that nobody announces are forgotten after this."""
UNCONFIRMED_SECONDS = 60.0
"""A post that is neither announced nor refused makes its session checked this long."""


class _Held:
    """Deltas of one turn that is not announced yet."""

    __slots__ = ("frames", "since")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.since = time.monotonic()


class Room:
    """`seq` is the newest entry that was relayed in order; `target` the newest one known to exist."""

    __slots__ = (
        "_ahead",
        "_ended",
        "_held",
        "_held_bytes",
        "_max_held_bytes",
        "_on_behind",
        "_on_rebuilt",
        "attachments",
        "deleted",
        "epoch",
        "running",
        "seq",
        "session_id",
        "target",
        "unconfirmed",
    )

    def __init__(
        self,
        session_id: str,
        *,
        max_held_bytes: int,
        on_behind: Callable[["Room"], None],
        on_rebuilt: Callable[["Room"], None],
    ) -> None:
        self.session_id = session_id
        self.epoch: str | None = None
        self.seq = 0
        self.target = 0
        self.deleted = False
        self.running: set[bytes] = set()
        self.attachments: set[Attachment] = set()
        self.unconfirmed: dict[str, float] = {}
        self._ended: dict[bytes, None] = {}
        self._ahead: dict[int, Entry] = {}
        self._held: dict[bytes, _Held] = {}
        self._held_bytes = 0
        self._max_held_bytes = max_held_bytes
        self._on_behind = on_behind
        self._on_rebuilt = on_rebuilt

    # ---- the log ---------------------------------------------------------------------------------------------------
    def begin(self, epoch: str, head_seq: int, running: Iterable[str]) -> None:
        """What session says of itself when somebody attaches. The first time it is where relaying starts."""
        if self.epoch is None:
            self.epoch, self.seq = epoch, head_seq
            self.target = max(self.target, head_seq)
            for turn in running:
                self._announce(turn.encode())
            self._catch_up()
        elif epoch != self.epoch:
            self._on_rebuilt(self)
        else:
            self.expect(head_seq)

    def forget(self) -> None:
        """The log was rebuilt: start again with the next `begin`."""
        self.epoch = None
        self.seq = self.target = 0
        self.running.clear()
        self._ahead.clear()

    def expect(self, head_seq: int) -> None:
        """An entry with this `seq` exists."""
        self.target = max(self.target, head_seq)
        if self.is_behind:
            self._on_behind(self)

    @property
    def is_behind(self) -> bool:
        """Whether an entry that exists has not been relayed."""
        return self.epoch is not None and self.target > self.seq

    def take(self, entry: Entry) -> None:
        """An entry of the log, in any order and any number of times."""
        if self.epoch is not None and entry.epoch != self.epoch:
            self._on_rebuilt(self)
            return
        if self.epoch is not None and entry.seq <= self.seq:
            return
        self.target = max(self.target, entry.seq)
        if entry.seq == self.seq + 1 or len(self._ahead) < MAX_ENTRIES_AHEAD:
            self._ahead[entry.seq] = entry
        if self.epoch is not None:
            self._catch_up()

    def _catch_up(self) -> None:
        while (entry := self._ahead.pop(self.seq + 1, None)) is not None:
            self.seq = entry.seq
            self._relay(entry)
        if self._ahead:
            self._ahead = {seq: entry for seq, entry in self._ahead.items() if seq > self.seq}
        if self.is_behind:
            self._on_behind(self)

    def _relay(self, entry: Entry) -> None:
        if entry.ends_turn and entry.turn is not None:
            self._end(entry.turn)
        elif entry.name == POSTED and entry.client_message_id is not None:
            self.unconfirmed.pop(entry.client_message_id, None)
        elif entry.name == DELETED:
            self.deleted = True
        elif entry.name == RESTORED:
            self.deleted = False
        for attachment in self.attachments:
            attachment.take(entry)
        if entry.begins_turn and entry.turn is not None:
            self._announce(entry.turn)

    # ---- deltas ----------------------------------------------------------------------------------------------------
    def take_delta(self, frame: bytes) -> None:
        """A delta as it came. Raises ValueError if it is none."""
        turn = turn_of(frame)
        if turn in self.running:
            for attachment in self.attachments:
                attachment.take_delta(turn, frame)
        elif turn not in self._ended:
            self._hold(turn, frame)

    def _hold(self, turn: bytes, frame: bytes) -> None:
        self._held_bytes += len(frame)
        if self._held_bytes > self._max_held_bytes:  # the client sees the gap in offsets and attaches again
            self._held.clear()
            self._held_bytes = 0
            return
        self._held.setdefault(turn, _Held()).frames.append(frame)
        if self.is_behind:
            self._on_behind(self)

    def _announce(self, turn: bytes) -> None:
        self.running.add(turn)
        if (held := self._held.pop(turn, None)) is not None:
            self._held_bytes -= sum(map(len, held.frames))
            for frame in held.frames:
                for attachment in self.attachments:
                    attachment.take_delta(turn, frame)

    def _end(self, turn: bytes) -> None:
        self.running.discard(turn)
        if (held := self._held.pop(turn, None)) is not None:
            self._held_bytes -= sum(map(len, held.frames))
        self._ended[turn] = None
        if len(self._ended) > MAX_ENDED_TURNS:
            del self._ended[next(iter(self._ended))]

    # ---- others ----------------------------------------------------------------------------------------------------
    def send(self, frame: bytes) -> None:
        """A notice to everybody whom session has let in."""
        for attachment in self.attachments:
            if attachment.admitted:
                attachment.connection.send(frame)

    def expect_post(self, client_message_id: str) -> None:
        """The broker has a post to this session; its announcement should come soon."""
        self.unconfirmed[client_message_id] = time.monotonic() + UNCONFIRMED_SECONDS

    @property
    def is_busy(self) -> bool:
        """Whether news is due soon: a turn runs, or a post is neither announced nor refused."""
        return bool(self.running or self.unconfirmed)

    def tidy(self) -> None:
        """Forget what waited too long; to be called every few seconds."""
        now = time.monotonic()
        self.unconfirmed = {post: until for post, until in self.unconfirmed.items() if until > now}
        for turn, held in list(self._held.items()):
            if now - held.since > HELD_SECONDS:
                self._held_bytes -= sum(map(len, held.frames))
                del self._held[turn]
