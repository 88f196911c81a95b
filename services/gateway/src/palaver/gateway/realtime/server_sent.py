"""Client frames as server-sent events (WHATWG HTML, section 9.2). Pure.

The event's name is the frame's type, its data the frame as it is on the WebSocket. Frames with a place in the log carry
it as `id`, which browsers send back as `Last-Event-ID`; deltas carry none, and pass unread.
"""

from palaver.contracts.deltas import is_delta
from palaver.gateway.realtime.outline import read_outline

MEDIA_TYPE = "text/event-stream"
COMMENT = b":\n\n"
"""Keeps proxies from taking silence for the end; readers skip it."""


def server_sent(frame: bytes) -> bytes:
    """One frame. It is JSON without line breaks, which inside strings are escaped."""
    if is_delta(frame):
        return b"event: delta\ndata: " + frame + b"\n\n"
    outline = read_outline(frame)
    place = "" if outline.place is None else f"id: {outline.place}\n"
    return f"event: {outline.type}\n{place}data: ".encode() + frame + b"\n\n"


def retry(milliseconds: int) -> bytes:
    """How long a client shall wait before it connects again."""
    return b"retry: %d\n\n" % milliseconds
