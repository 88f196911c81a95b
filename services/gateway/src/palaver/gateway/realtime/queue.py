"""What waits to be sent to one client: control frames first, deltas after them, both bounded by bytes.

Pure: it knows neither sockets nor the broker. Frames are encoded JSON objects; how they are joined, the wire decides.
"""

from palaver.contracts.deltas import turn_of


class SendQueue:
    """Two lists and their sizes; an idle one costs two empty lists.

    Control frames (answers, events, notices) overtake deltas. When deltas do not fit into `max_bytes` they are all
    thrown away and the queue is `lagging` until `recover`: no delta enters it meanwhile.
    """

    __slots__ = ("_control", "_deltas", "control_bytes", "delta_bytes", "dropped_bytes", "lagging", "max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.control_bytes = 0
        self.delta_bytes = 0
        self.dropped_bytes = 0
        self.lagging = False
        self._control: list[bytes] = []
        self._deltas: list[bytes] = []

    def __len__(self) -> int:
        return len(self._control) + len(self._deltas)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self.control_bytes + self.delta_bytes

    def put(self, frame: bytes) -> None:
        """Queue a control frame. It is never dropped; the owner watches `control_bytes`."""
        self._control.append(frame)
        self.control_bytes += len(frame)

    def fits(self, frame: bytes) -> bool:
        """Whether `put_delta` would take it."""
        return self.control_bytes + self.delta_bytes + len(frame) <= self.max_bytes

    def put_delta(self, frame: bytes) -> bool:
        """Queue a delta; False if it did not fit, and then every queued delta is gone and the queue lags."""
        if self.lagging:
            self.dropped_bytes += len(frame)
            return True
        if not self.fits(frame):
            self.dropped_bytes = self.delta_bytes + len(frame)
            self._deltas.clear()
            self.delta_bytes = 0
            self.lagging = True
            return False
        self._deltas.append(frame)
        self.delta_bytes += len(frame)
        return True

    def drop_turn(self, turn: bytes) -> None:
        """Forget the queued deltas of a turn: its last entry, which carries the whole text, goes out instead."""
        if self._deltas:
            self._deltas = [frame for frame in self._deltas if turn_of(frame) != turn]
            self.delta_bytes = sum(map(len, self._deltas))

    def recover(self) -> None:
        """Let deltas in again."""
        self.lagging = False
        self.dropped_bytes = 0

    def take(self, max_bytes: int) -> list[bytes]:
        """The next to be sent: as many queued frames as fit into `max_bytes`, at least one; none when empty."""
        if self.control_bytes + self.delta_bytes <= max_bytes:
            return self._take_all()
        batch, size = _head(self._control, max_bytes)
        del self._control[: len(batch)]
        self.control_bytes -= size
        if not self._control:
            more, more_size = _head(self._deltas, max_bytes - size, at_least_one=not batch)
            del self._deltas[: len(more)]
            self.delta_bytes -= more_size
            batch += more
        return batch

    def _take_all(self) -> list[bytes]:
        """Nearly always a client is fast enough for this, and it is on every token's way."""
        batch, self._deltas = self._deltas, []
        self.delta_bytes = 0
        if self._control:
            batch, self._control = self._control + batch, []
            self.control_bytes = 0
        return batch


def _head(frames: list[bytes], max_bytes: int, *, at_least_one: bool = True) -> tuple[list[bytes], int]:
    """The longest beginning of `frames` within `max_bytes`, and its size."""
    size = count = 0
    for frame in frames:
        if size + len(frame) > max_bytes and (count or not at_least_one):
            break
        size += len(frame)
        count += 1
    return frames[:count], size
