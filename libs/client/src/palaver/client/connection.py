"""One WebSocket that is always being kept up: reconnects with back-off and jitter, and tells who listens."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidUpgrade, WebSocketException
from websockets.frames import Close
from websockets.typing import Subprotocol

from palaver.contracts.client_protocol import (
    SUBPROTOCOL,
    Authenticate,
    ClientRequest,
    CloseCode,
    ServerFrame,
    TokenExpiringNotice,
    Welcome,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.limits import LONGEST_RECONNECT_SECONDS, OPEN_SECONDS

FIRST_DELAY_SECONDS = 0.25
MAX_FRAME_BYTES = 32 * 1024**2
"""A snapshot of a long turn may be large; the server's own limit is smaller."""

FRAME = TypeAdapter[Any](ServerFrame)
REFUSALS = {
    CloseCode.UNAUTHENTICATED: Failure(ErrorCode.UNAUTHENTICATED, "The server closed the connection: sign in again."),
    CloseCode.FORBIDDEN: Failure(ErrorCode.FORBIDDEN, "The server refused the connection."),
}
COME_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
UPGRADES_REFUSED = 2
"""So many answers in a row from something that speaks HTTP and no WebSocket mean that a proxy stands in the way."""
HTTP_REFUSALS = {401: ErrorCode.UNAUTHENTICATED, 403: ErrorCode.FORBIDDEN}


class NoWebSocket(Exception):  # noqa: N818 - a way that is closed, not a mistake
    """Something on the way speaks HTTP only."""


class Credentials(Protocol):
    """Where access tokens come from."""

    async def access_token(self) -> str:
        """A token that is good for a while."""
        ...

    async def renewed_token(self) -> str:
        """A new token, whatever the old one is still good for."""
        ...


def delays() -> Iterator[float]:
    """Seconds to wait before each further try: doubling, capped, each drawn from its upper half."""
    delay = FIRST_DELAY_SECONDS
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        delay = min(delay * 2, LONGEST_RECONNECT_SECONDS)


class Connection:
    """Keeps one WebSocket to a gateway; `on_frame` gets every frame in order, the welcome included."""

    def __init__(self, url: str, credentials: Credentials, on_frame: Callable[[Any], Awaitable[None]]) -> None:
        self._url = url
        self._credentials = credentials
        self._on_frame = on_frame
        self._socket: ClientConnection | None = None

    @property
    def up(self) -> bool:
        """A frame sent now has a socket to go to."""
        return self._socket is not None

    async def send(self, frame: ClientRequest) -> bool:
        """Send a frame; False when there is no connection or it breaks on the way."""
        if self._socket is None:
            return False
        try:
            await self._socket.send(frame.model_dump_json(exclude_none=True))
        except WebSocketException:
            return False
        return True

    def cut(self) -> None:
        """Drop the socket without a good-bye; `run` opens a new one."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Stay connected until cancelled. Raises Failure when the server refuses for good, or NoWebSocket."""
        waits, refused, renewing = delays(), 0, False
        while True:
            try:
                async with self._open(renewing=renewing) as socket:
                    refused = 0
                    async for message in socket:
                        if await self._take(message):
                            waits, renewing = delays(), False
            except (Failure, OSError, TimeoutError, WebSocketException) as error:
                if _token_refused(error) and not renewing:
                    renewing = True  # a token ends while a machine sleeps; only a new one can tell that the sign-in did
                elif refusal := _refusal(error):
                    raise refusal from error
                refused = refused + 1 if _speaks_http_only(error) else 0
                if refused >= UPGRADES_REFUSED:
                    raise NoWebSocket from error
            await asyncio.sleep(next(waits))  # down: the next try tells

    @contextlib.asynccontextmanager
    async def _open(self, *, renewing: bool) -> AsyncGenerator[ClientConnection]:
        token = await (self._credentials.renewed_token() if renewing else self._credentials.access_token())
        async with connect(
            self._url,
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            open_timeout=OPEN_SECONDS,
            max_size=MAX_FRAME_BYTES,
            compression=None,
            proxy=None,
        ) as socket:
            self._socket = socket
            try:
                yield socket
            finally:
                self._socket = None

    async def _take(self, message: str | bytes) -> bool:
        """Handle a frame or a batch; True if it held the welcome."""
        decoded: Any = from_json(message)
        frames: list[Any] = decoded if isinstance(decoded, list) else [decoded]  # pyright: ignore[reportUnknownVariableType] - JSON
        welcomed = False
        for raw in frames:
            try:
                frame = FRAME.validate_python(raw)
            except ValidationError:
                continue  # a newer server's frame that this client does not know
            welcomed |= isinstance(frame, Welcome)
            if isinstance(frame, TokenExpiringNotice):
                await self.send(Authenticate(token=await self._credentials.renewed_token()))
            await self._on_frame(frame)
        return welcomed


def _refusal(error: Exception) -> Failure | None:
    """What trying again would not change; None for a mere outage."""
    match error:
        case Failure():
            return None if error.body.retryable else error
        case ConnectionClosed(rcvd=Close(code=code)):
            return REFUSALS.get(code)
        case InvalidStatus():
            refused = HTTP_REFUSALS.get(error.response.status_code)
            return Failure(refused, "The server refused the connection.") if refused else None
        case _:
            return None


def _token_refused(error: Exception) -> bool:
    match error:
        case ConnectionClosed(rcvd=Close(code=CloseCode.UNAUTHENTICATED)):
            return True
        case _:
            return False


def _speaks_http_only(error: Exception) -> bool:
    """Not so an overloaded or broken gateway, nor one that asks to come later."""
    match error:
        case InvalidStatus():
            return error.response.status_code not in COME_LATER
        case InvalidUpgrade():
            return True
        case _:
            return False
