"""As much of a server frame as concerns who passes it on over HTTP: its type and its place in the log."""

import msgspec

from palaver.gateway.realtime.cursor import Cursor


class Outline(msgspec.Struct):
    """Of a frame that is no delta; only log entries and `attached` have a place."""

    type: str
    epoch: str | None = None
    seq: int | None = None
    head_seq: int | None = None

    @property
    def place(self) -> Cursor | None:
        """Where the log stands once this frame is read."""
        seq = self.seq if self.seq is not None else self.head_seq
        return None if self.epoch is None or seq is None else Cursor(seq, self.epoch)


read_outline = msgspec.json.Decoder(Outline).decode
"""Raises msgspec.DecodeError for what is no frame."""
