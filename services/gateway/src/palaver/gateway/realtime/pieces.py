"""A delta, decoded. On the token path deltas pass unread; this is for splicing a resume and for answering polls."""

import msgspec


class Piece(msgspec.Struct):
    """`offset` counts the code points of this attempt before `text`."""

    turn_id: str
    attempt: int
    offset: int
    text: str
    channel: str = "answer"


read_piece = msgspec.json.Decoder(Piece).decode
"""Raises msgspec.DecodeError for what is no delta."""
