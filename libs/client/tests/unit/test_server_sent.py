"""Server-sent events are read alike, wherever the network cuts them."""

from collections.abc import AsyncIterator

import pytest

from palaver.client.server_sent import server_sent

STREAM = (
    b':\n\nretry: 500\n\nevent: attached\nid: e-1\ndata: {"text":"a: b"}\n\n:\n\n'
    + 'event: delta\ndata: {"text":"完 \u2028 👋"}\n\nevent: event\nid: e-2\ndata: {"cut'.encode()
)
EVENTS = [("e-1", b'{"text":"a: b"}'), (None, '{"text":"完 \u2028 👋"}'.encode())]


async def pieces(*at: int) -> AsyncIterator[bytes]:
    for start, end in zip((0, *at), (*at, len(STREAM)), strict=True):
        yield STREAM[start:end]


@pytest.mark.parametrize("at", range(len(STREAM)))
async def test_a_cut_anywhere_changes_nothing(at: int):
    assert [event async for event in server_sent(pieces(at))] == EVENTS


async def test_single_bytes_are_as_good_and_what_is_cut_off_is_left_out():
    assert [event async for event in server_sent(pieces(*range(1, len(STREAM))))] == EVENTS
