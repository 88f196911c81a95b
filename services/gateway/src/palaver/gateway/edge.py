"""The public edge: uvicorn as a resource, and its protocols with a sending half that never waits.

uvicorn's own `send` is a coroutine that waits for a full socket, so each connection would need a task that sends, and a
client that stopped reading could not be cut. The subclasses add what the relay needs and change nothing else; they lean
on attributes of uvicorn's classes, so `tests/component/test_wire.py` and `test_http_wire.py` fail if an upgrade moves
them.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

from palaver.servicekit.tasks import TaskSet

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

WIRE: Final = "palaver.wire"
"""Key among the extensions of a scope: the connection's `Wire` of a WebSocket, its `HttpWire` of a request."""
BACKLOG = 2_048
KEEP_ALIVE_SECONDS = 30
MAX_HEAD_BYTES = 64 * 1024
"""Of a request that is not complete after so much; a browser's cookies take a tenth of it."""
_HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
START_POLL_SECONDS = 0.001
STOP_SECONDS = 4
"""For requests under way; WebSockets, event streams and polls are ended at once."""

FINAL_TEXT: Final = 0x81
TWO_BYTE_LENGTH: Final = 126
EIGHT_BYTE_LENGTH: Final = 127

_log = structlog.get_logger()


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket as a `palaver.gateway.realtime.ports.Wire`."""

    on_writable: Callable[[], None] | None = None
    close_seconds: float = 5.0

    def handle_connect(self, event: Request) -> None:
        """As uvicorn does it, and the application finds this object in its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][WIRE] = self  # pyright: ignore[reportTypedDictNotRequiredAccess, reportArgumentType]  # uvicorn always sets them

    def data_received(self, data: bytes) -> None:
        """As uvicorn does it; but a request that `websockets` cannot read (RFC 6585: 431) it would keep for ever."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def resume_writing(self) -> None:
        """The socket's buffer has drained."""
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, and with it whoever waits for it to drain."""
        self.on_writable = None
        super().connection_lost(exc)

    @property
    def is_writable(self) -> bool:
        """See `Wire`."""
        return self.writable.is_set() and not self.close_sent and not self.disconnected

    @property
    def buffered_bytes(self) -> int:
        """See `Wire`."""
        return self.transport.get_write_buffer_size()

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """See `Wire`: one text frame, an object or an array of objects."""
        if self.close_sent or self.disconnected or self.conn.state is not OPEN:  # the client may have closed meanwhile
            return
        text = frames[0] if len(frames) == 1 else b"[" + b",".join(frames) + b"]"
        self.transport.write(_text_header(len(text)) + text)

    def close(self, code: int, reason: str = "") -> None:
        """See `Wire`."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's answer to the close must be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_seconds, self.transport.abort)

    def shutdown(self) -> None:
        """The server stops: 1012, and a client that does not read is cut."""
        super().shutdown()
        self.loop.call_later(self.close_seconds, self.transport.abort)


def _text_header(length: int) -> bytes:
    """Of a whole, unmasked text frame without extensions (RFC 6455, 5.2).

    Written here and not by `websockets`, which takes a third of the time of sending a frame to come to the same bytes.
    """
    if length < TWO_BYTE_LENGTH:
        return bytes((FINAL_TEXT, length))
    if length < 1 << 16:
        return bytes((FINAL_TEXT, TWO_BYTE_LENGTH)) + length.to_bytes(2, "big")
    return bytes((FINAL_TEXT, EIGHT_BYTE_LENGTH)) + length.to_bytes(8, "big")


class HttpWireProtocol(HttpToolsProtocol):
    """One HTTP connection as a `palaver.gateway.realtime.ports.HttpWire` for the request under way."""

    on_writable: Callable[[], None] | None = None
    on_lost: Callable[[], None] | None = None
    on_stopping: Callable[[], None] | None = None
    is_stopping: bool = False
    head_bytes: int | None = 0
    """Read of a head that is not complete; None within a body."""

    def data_received(self, data: bytes) -> None:
        """As uvicorn does it; but httptools would gather an endless head in memory, before anybody is asked who they
        are (RFC 6585: 431)."""
        if self.head_bytes is not None:
            self.head_bytes += len(data)
        super().data_received(data)
        if self.head_bytes is not None and self.head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is read."""
        self.head_bytes = None
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """As uvicorn does it, and the application finds this object in its scope."""
        self.head_bytes = 0
        super().on_message_begin()
        self.scope["extensions"] = {WIRE: self}  # pyright: ignore[reportGeneralTypeIssues]  # ASGI leaves the values open

    def resume_writing(self) -> None:
        """The socket's buffer has drained."""
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()

    def shutdown(self) -> None:
        """The server stops."""
        self.is_stopping = True
        super().shutdown()
        if self.on_stopping is not None:
            self.on_stopping()

    @property
    def is_writable(self) -> bool:
        """See `HttpWire`."""
        return not self.flow.write_paused and not self.transport.is_closing()

    @property
    def buffered_bytes(self) -> int:
        """See `HttpWire`."""
        return self.transport.get_write_buffer_size()

    def write(self, body: bytes) -> None:
        """See `HttpWire`: one chunk (RFC 9112, section 7.1)."""
        if not self.transport.is_closing():
            self.transport.write(b"%x\r\n%b\r\n" % (len(body), body))

    def release(self) -> None:
        """See `HttpWire`."""
        self.on_writable = self.on_lost = self.on_stopping = None

    def abort(self) -> None:
        """See `HttpWire`."""
        self.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: when to stop is the process's decision."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Edge:
    """Serves one ASGI application on the public port. A `Resource`; `stop` may be called twice."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        port: int,
        max_frame_bytes: int,
        heartbeat_seconds: float,
        silence_seconds: float,
        close_seconds: float,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        self._host = host
        self.port = port
        protocol = type("ConfiguredWireProtocol", (WireProtocol,), {"close_seconds": close_seconds})
        self._config = uvicorn.Config(
            app,
            http=HttpWireProtocol,
            ws=protocol,
            ws_max_size=max_frame_bytes,
            ws_ping_interval=heartbeat_seconds,
            # A ping goes out after each heartbeat without an answer pending, so silence ends the connection after both.
            ws_ping_timeout=max(silence_seconds - heartbeat_seconds, heartbeat_seconds),
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="warning",  # at "info" uvicorn logs each handshake with its query string, ticket included
            access_log=False,
            server_header=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server: _Server | None = None
        self._tasks = TaskSet("gateway.edge")

    async def start(self) -> None:
        """Listen; `port` then says where. Raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self.port), family=family, backlog=BACKLOG)
        # Accepted sockets inherit it; asyncio sets it itself only where the listener's protocol number was spelt out.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        self._server = _Server(self._config)
        self._tasks.spawn(self._server.serve(sockets=[listener]))
        while not self._server.started and len(self._tasks):  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(START_POLL_SECONDS)
        _log.info("edge_served", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Tell WebSockets (1012) and event streams to come back, finish requests, stop listening."""
        if self._server is not None:
            self._server.should_exit = True
            await self._tasks.join(STOP_SECONDS + 2)
            await self._tasks.cancel()
            self._server = None
