"""What one poll answers: control frames as they came, then the new text of each running answer as one delta.

Pure. A piece of text that does not join what the client has is left out: the cursor then points before the gap, and
the next poll gets it from the snapshot.
"""

from typing import Literal

import msgspec

from palaver.contracts.deltas import encode_delta, is_delta
from palaver.gateway.realtime.cursor import Cursor, Heard
from palaver.gateway.realtime.entries import read_entry
from palaver.gateway.realtime.outline import read_outline
from palaver.gateway.realtime.pieces import Piece, read_piece

Weight = Literal["nothing", "text", "news"]
"""What a frame is to a client that waits: not worth waking it, worth gathering more of, or worth answering at once."""


class _Live(msgspec.Struct):
    turn_id: str
    attempt: int
    text: str


class _Attached(msgspec.Struct):
    epoch: str
    head_seq: int
    live: list[_Live]


_read_attached = msgspec.json.Decoder(_Attached).decode


class _Text:
    """One running answer: what the client had of it (`offset` code points), and what came since."""

    __slots__ = ("attempt", "length", "offset", "parts")

    def __init__(self, heard: Heard) -> None:
        self.attempt = heard.attempt
        self.offset = self.length = heard.length
        self.parts: list[str] = []

    @property
    def heard(self) -> Heard:
        return Heard(self.attempt, self.length)

    def take(self, piece: Piece) -> Weight:
        if piece.attempt > self.attempt:
            self.attempt, self.offset, self.length = piece.attempt, 0, 0
            self.parts.clear()
        if piece.attempt < self.attempt:
            return "nothing"
        if piece.offset > self.length:
            return "text"
        fresh = piece.text[self.length - piece.offset :]
        if not fresh:
            return "nothing"
        self.parts.append(fresh)
        self.length += len(fresh)
        return "text"


class Digest:
    """Begins at the client's cursor, None for one that knows nothing yet."""

    def __init__(self, cursor: Cursor | None) -> None:
        self._cursor = cursor
        self._control: list[bytes] = []
        self._texts = {turn: _Text(heard) for turn, heard in cursor.texts.items()} if cursor is not None else {}

    def take(self, frame: bytes) -> Weight:
        """One frame, in the order of the connection."""
        if is_delta(frame):
            return self._take_piece(frame)
        self._control.append(frame)
        outline = read_outline(frame)
        if outline.place is not None:
            self._cursor = outline.place
        if outline.type == "attached":
            self._start_anew(frame)
        elif outline.type == "event":
            self._end_text(frame)
        return "nothing" if outline.type == "notice" else "news"

    @property
    def frames(self) -> list[bytes]:
        """What came, in an order that a client can fold."""
        grown = ((turn, text) for turn, text in self._texts.items() if text.parts)
        deltas = [encode_delta(turn, text.attempt, text.offset, "".join(text.parts)) for turn, text in grown]
        return self._control + deltas

    @property
    def cursor(self) -> Cursor | None:
        """Where the client stands after `frames`."""
        if self._cursor is None:
            return None
        texts = {turn: text.heard for turn, text in self._texts.items() if text.length}
        return Cursor(self._cursor.seq, self._cursor.epoch, texts)

    def _take_piece(self, frame: bytes) -> Weight:
        piece = read_piece(frame)
        if piece.channel != "answer":
            self._control.append(frame)
            return "text"
        text = self._texts.get(piece.turn_id)
        if text is None:
            text = self._texts[piece.turn_id] = _Text(Heard(piece.attempt, 0))
        return text.take(piece)

    def _start_anew(self, frame: bytes) -> None:
        live = _read_attached(frame).live
        self._texts = {turn.turn_id: _Text(Heard(turn.attempt, len(turn.text))) for turn in live}

    def _end_text(self, frame: bytes) -> None:
        entry = read_entry(frame)
        if entry.ends_turn and entry.turn is not None:
            self._texts.pop(entry.turn.decode(), None)
