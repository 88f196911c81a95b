"""A TCP link that a test can break: late, narrow, silent, refused, half-closed, reset, or cut after so many bytes.

It stands between any client and any server on loopback. Every fault is an order of the test; nothing happens by
itself or by chance, so that a schedule of orders can be repeated.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from typing import Literal

from palaver.servicekit.embedded.ports import LOOPBACK

CHUNK_BYTES = 64 * 1024
# SO_LINGER with time 0: closing sends RST instead of FIN.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Towards = Literal["server", "client"]


class _Link:
    """One connection of a client, and ours to the server on its behalf."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = {"client": client, "server": server}

    def reset(self) -> None:
        """Both sides see a connection reset."""
        for end in self.ends.values():
            peer: socket.socket | None = end.get_extra_info("socket")
            if peer is not None:
                with contextlib.suppress(OSError):
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            end.transport.abort()


class FaultProxy:
    """Forwards to a loopback port; while that refuses, to the first of `others` that accepts, as a load balancer does.

    Faults hold for connections that are open as well as for new ones, until `heal`. `delay_seconds` is added to each
    chunk, `bytes_per_second` bounds each direction of each connection.
    """

    def __init__(self, target_port: int, others: Sequence[int] = ()) -> None:
        self.target_port = target_port
        self.others = tuple(others)
        self.delay_seconds = 0.0
        self.bytes_per_second: float | None = None
        self.refusing = False
        self.connections_made = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._cut_after: int | None = None
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """Where clients connect on loopback."""
        return self._port

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._links)

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is not None:
            self._server.close()
            self.reset()
            self._flowing.set()
            await self._server.wait_closed()
            self._server = None

    # ---- faults ------------------------------------------------------------------------------------------------------
    def reset(self) -> int:
        """Reset all open connections; returns how many."""
        links = tuple(self._links)
        for link in links:
            link.reset()
        return len(links)

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told: a black hole. Bytes on their way arrive after `flow`."""
        self._flowing.clear()

    def flow(self) -> None:
        """The end of a stall."""
        self._flowing.set()

    def half_close(self, towards: Towards) -> None:
        """One side of each open connection sees the end of the stream; the other direction goes on."""
        for link in self._links:
            end = link.ends[towards]
            if end.can_write_eof() and not end.is_closing():
                with contextlib.suppress(OSError):  # it may be going down this very moment
                    end.write_eof()

    def cut_after(self, count: int) -> None:
        """Once so many more bytes have passed towards clients, the connection that carries the last one is reset."""
        self._cut_after = count

    def heal(self) -> None:
        """As new; open connections stay."""
        self.delay_seconds = 0.0
        self.bytes_per_second = None
        self.refusing = False
        self._cut_after = None
        self._flowing.set()

    # ---- forwarding --------------------------------------------------------------------------------------------------
    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_made += 1
        await self._flowing.wait()
        if self.refusing:
            writer.transport.abort()
            return
        server = await self._connected()
        if server is None:
            writer.transport.abort()
            return
        from_server, to_server = server
        link = _Link(writer, to_server)
        self._links.add(link)
        try:
            await asyncio.gather(
                self._pump(reader, to_server, link, "server"), self._pump(from_server, writer, link, "client")
            )
        finally:
            self._links.discard(link)
            writer.close()
            to_server.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for port in (self.target_port, *self.others):
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(LOOPBACK, port)
        return None

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: _Link, towards: Towards
    ) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # the latter where its end was said by `half_close` meanwhile
            while chunk := await source.read(CHUNK_BYTES):
                await self._hold_back(len(chunk))
                passing = self._passing(chunk) if towards == "client" else chunk
                if sink.is_closing():  # reset meanwhile
                    return
                sink.write(passing)
                await sink.drain()
                if passing is not chunk:
                    link.reset()
                    return
            if sink.can_write_eof() and not sink.is_closing():
                sink.write_eof()

    async def _hold_back(self, size: int) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.bytes_per_second is not None:
            await asyncio.sleep(size / self.bytes_per_second)
        await self._flowing.wait()

    def _passing(self, chunk: bytes) -> bytes:
        """What still passes of a chunk: a part of it where the cut falls."""
        if self._cut_after is None:
            return chunk
        if self._cut_after >= len(chunk):
            self._cut_after -= len(chunk)
            return chunk
        kept, self._cut_after = chunk[: self._cut_after], None
        return kept
