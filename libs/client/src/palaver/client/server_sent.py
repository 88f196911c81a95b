"""Reading server-sent events (WHATWG HTML, section 9.2). Pure."""

from collections.abc import AsyncIterable, AsyncIterator

END = b"\n\n"
"""Of an event. The server ends lines like this, and escapes line breaks in what it sends."""


async def server_sent(chunks: AsyncIterable[bytes]) -> AsyncIterator[tuple[str | None, bytes]]:
    """Each event's `id`, if it has one, and data; comments and what is cut off are left out."""
    rest = b""
    async for chunk in chunks:
        *events, rest = (rest + chunk).split(END)
        for event in events:
            fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line)
            if b"data" in fields:
                yield fields[b"id"].decode() if b"id" in fields else None, fields[b"data"]
