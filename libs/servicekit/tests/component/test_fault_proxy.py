"""The link that tests break does exactly what it is told, and nothing by itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.testing.fault_proxy import FaultProxy

pytestmark = pytest.mark.component

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture
async def link() -> AsyncIterator[FaultProxy]:
    """A link to a server that says everything back, and "bye" when it hears the end."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
            writer.write(b"bye")
            writer.close()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    proxy = FaultProxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    yield proxy
    await proxy.stop()
    server.close()
    await server.wait_closed()


async def connected(link: FaultProxy) -> Ends:
    return await asyncio.open_connection(LOOPBACK, link.port)


async def echoed(ends: Ends, data: bytes) -> bytes:
    reader, writer = ends
    writer.write(data)
    async with asyncio.timeout(5):
        return await reader.readexactly(len(data))


async def test_bytes_pass_both_ways_and_a_half_close_leaves_the_other_direction_open(link: FaultProxy):
    ends = await connected(link)
    assert await echoed(ends, b"hello") == b"hello"
    link.half_close("server")
    assert await ends[0].read() == b"bye"
    ends[1].close()


async def test_nothing_passes_during_a_stall_and_everything_after_it(link: FaultProxy):
    ends = await connected(link)
    await echoed(ends, b"a")
    link.stall()
    ends[1].write(b"late")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ends[0].readexactly(4), 0.1)
    link.flow()
    assert await asyncio.wait_for(ends[0].readexactly(4), 5) == b"late"
    ends[1].close()


async def test_a_reset_reaches_the_client_and_the_next_connection_works(link: FaultProxy):
    reader, writer = ends = await connected(link)
    await echoed(ends, b"a")
    assert link.reset() == 1
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()
    again = await connected(link)
    assert await echoed(again, b"b") == b"b"
    again[1].close()


async def test_a_connection_is_cut_in_the_middle_of_what_it_carries(link: FaultProxy):
    reader, writer = await connected(link)
    link.cut_after(3)
    writer.write(b"abcdef")
    received = await until_reset(reader)
    assert b"abc".startswith(received), "a reset may overtake what was sent before it; nothing comes after the cut"
    writer.close()


async def until_reset(reader: asyncio.StreamReader) -> bytes:
    received = b""
    try:
        async with asyncio.timeout(5):
            while True:
                received += await reader.readexactly(1)
    except ConnectionResetError:
        return received


async def test_another_server_takes_over_when_the_first_is_gone(link: FaultProxy):
    nobody = free_port()
    balanced = FaultProxy(nobody, others=[link.target_port])
    await balanced.start()
    ends = await connected(balanced)
    assert await echoed(ends, b"hello") == b"hello"
    ends[1].close()
    await balanced.stop()


async def test_a_link_that_refuses_drops_newcomers_only(link: FaultProxy):
    old = await connected(link)
    await echoed(old, b"a")
    link.refusing = True
    reader, writer = await connected(link)
    assert await reader.read() == b""
    writer.close()
    assert await echoed(old, b"still here") == b"still here"
    old[1].close()
