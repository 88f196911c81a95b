"""An incremental reader of server-sent events (WHATWG HTML, 9.2.6) that never looks at text before an event is whole.

Bytes may be split anywhere: inside a character, a line or a line ending. Pure.
"""

from typing import NamedTuple

_LF, _CR = 10, 13
_BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 4 * 1024**2
"""One event larger than this is not an answer but a defect."""


class ServerEvent(NamedTuple):
    """One dispatched event: its name (empty if it has none) and its data lines joined by line feeds, still bytes."""

    name: bytes
    data: bytes


class EventTooLargeError(Exception):
    """An event exceeds `MAX_EVENT_BYTES`."""


class EventReader:
    """Feed it bytes, get the events that became whole. Comments, `id` and `retry` are ignored."""

    __slots__ = ("_after_cr", "_data", "_name", "_size", "_started", "_tail")

    def __init__(self) -> None:
        self._tail: bytes = b""  # a line that has not ended yet
        self._after_cr = False  # the last byte was a CR: an LF that follows belongs to the same line ending
        self._started = False
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that this chunk completed, in order. Raises EventTooLargeError."""
        if self._after_cr and chunk[:1] == b"\n":
            chunk = chunk[1:]
            self._after_cr = False
        if not chunk:
            return []
        buffer = self._tail + chunk if self._tail else chunk
        if not self._started:
            if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                self._tail = buffer
                return []
            buffer = buffer.removeprefix(_BOM)
            self._started = True
        lines = buffer.splitlines()
        last = buffer[-1] if buffer else _LF
        self._after_cr = last == _CR
        self._tail = lines.pop() if lines and last not in (_LF, _CR) else b""
        events: list[ServerEvent] = []
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                events.append(ServerEvent(self._name, b"\n".join(self._data)))
                self._reset()
            else:
                self._name = b""
        if self._size + len(self._tail) > MAX_EVENT_BYTES:
            raise EventTooLargeError
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._size += len(value) + 1
        elif name == b"event":
            self._name = value.removeprefix(b" ")

    def _reset(self) -> None:
        self._name = b""
        self._data = []
        self._size = 0
