"""Joining a snapshot and the deltas that follow it into one text without gap or double. Pure.

Deltas of the turn are decoded, and only until the first one that goes beyond the snapshot.
"""

from palaver.contracts.deltas import encode_delta
from palaver.gateway.realtime.pieces import read_piece


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
        delta = read_piece(frame)
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
