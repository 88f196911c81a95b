"""What a broker says, cut anywhere, is read as nats-py reads it."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from palaver.servicekit.nats_client import LastingClient

PAYLOADS = st.binary(max_size=40) | st.sampled_from([b"", b"\r\n", b"MSG a 1 3\r\nabc\r\n", b"PING\r\n"])
KINDS = st.sampled_from(["plain", "with a reply", "with headers", "of nobody"])


def said(kind: str, payload: bytes) -> bytes:
    """One message in the broker's words (https://docs.nats.io/reference/reference-protocols/nats-protocol)."""
    size = len(payload)
    match kind:
        case "with a reply":
            return b"MSG a.b 7 _INBOX.x %d\r\n%s\r\n" % (size, payload)
        case "with headers":
            headers = b"NATS/1.0\r\nA: b\r\n\r\n"
            return b"HMSG a.b 7 %d %d\r\n%s%s\r\n" % (len(headers), len(headers) + size, headers, payload)
        case "of nobody":
            return b"MSG a.b 8 %d\r\n%s\r\n" % (size, payload)
        case _:
            return b"MSG a.b 7 %d\r\n%s\r\n" % (size, payload)


@given(st.lists(st.tuples(KINDS, PAYLOADS), max_size=6), st.sets(st.integers(min_value=1, max_value=400)))
def test_direct_messages_arrive_whole_and_in_order_however_they_were_cut(
    messages: list[tuple[str, bytes]], cuts: set[int]
) -> None:
    heard: list[bytes] = []

    async def read() -> None:
        client = LastingClient()
        client._handlers[7] = heard.append  # pyright: ignore[reportPrivateUsage]  # a subscription needs a connection
        wire = b"".join([*(said(*message) for message in messages), b"+OK\r\n"])
        places = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
        for begin, end in pairwise(places):
            await client._ps.parse(wire[begin:end])  # pyright: ignore[reportPrivateUsage]  # nats-py's read loop does

    asyncio.run(read())
    assert heard == [payload for kind, payload in messages if kind != "of nobody"]
