"""Joining a snapshot and the deltas that follow it into one text without gap or double. Pure.

The only place in the gateway where a delta is decoded, and only until the first one that goes beyond the snapshot.
"""

import msgspec

from palaver.contracts.deltas import encode_delta


class _Delta(msgspec.Struct):
    turn_id: str
    attempt: int
    offset: int
    text: str
    channel: str = "answer"


_decode = msgspec.json.Decoder(_Delta).decode


class Splice:
    """One turn of one client that was given `length` code points of `attempt`. `done` once deltas may pass unread."""

    __slots__ = ("attempt", "done", "length")

    def __init__(self, attempt: int, length: int) -> None:
        self.attempt = attempt
        self.length = length
        self.done = False

    def offer(self, frame: bytes) -> bytes | None:
        """What of this delta the client still needs: all of it, its tail, or None.

        A delta beyond the snapshot's end passes as it is: the client sees the gap and attaches again.
        """
        delta = _decode(frame)
        if delta.channel != "answer":
            return frame
        if delta.attempt < self.attempt:
            return None
        if delta.attempt > self.attempt:  # a new attempt resets the turn's text, so nothing is left to splice
            self.done = True
            return frame
        end = delta.offset + len(delta.text)
        self.done = end >= self.length
        if end <= self.length:
            return None
        if delta.offset >= self.length:
            return frame
        return encode_delta(delta.turn_id, delta.attempt, self.length, delta.text[self.length - delta.offset :])
