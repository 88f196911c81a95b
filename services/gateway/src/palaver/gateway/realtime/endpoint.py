"""`/ws`: from the handshake to the end of one WebSocket. An ASGI application of its own, light per client."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from palaver.contracts.client_protocol import SUBPROTOCOL, Authenticate, CloseCode
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.gateway.auth import Authenticator
from palaver.gateway.edge import WIRE
from palaver.gateway.errors import unavailable
from palaver.gateway.language import localised
from palaver.gateway.limits import Rate, RateLimits
from palaver.gateway.origins import Origins
from palaver.gateway.people import Person
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.frames import Echo, Rejected, Request, error, parse
from palaver.gateway.realtime.handlers import Handlers
from palaver.gateway.realtime.handshake import Handshake
from palaver.gateway.realtime.hub import Hub, server_full
from palaver.gateway.realtime.ports import Wire
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.realtime.welcome import Welcomes
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_CLOSE_CODES = {
    ErrorCode.FORBIDDEN: CloseCode.FORBIDDEN,
    ErrorCode.TOO_MANY_CONNECTIONS: CloseCode.LIMIT,
    ErrorCode.RATE_LIMITED: CloseCode.RATE_LIMITED,
    ErrorCode.SERVICE_UNAVAILABLE: CloseCode.RESTARTING,
}
"""Why a connection is refused → how it is closed; anything else is a matter of authentication."""


@dataclass(frozen=True, slots=True)
class _Entrant:
    """Who may come in, and what came in the same array after the `authenticate` frame."""

    person: Person
    request_id: str | None = None
    rest: tuple[Request | Rejected, ...] = ()


class Endpoint:
    """Accepts, authenticates, then feeds the handlers with what the client sends."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        handlers: Handlers,
        hub: Hub,
        relay: Relay,
        welcomes: Welcomes,
        origins: Origins,
        rates: RateLimits,
        connects: Rate,
        settings: RealtimeSettings,
        traffic: Traffic,
    ) -> None:
        self._authenticator = authenticator
        self._handlers = handlers
        self._hub = hub
        self._relay = relay
        self._welcomes = welcomes
        self._origins = origins
        self._rates = rates
        self._connects = connects
        self._settings = settings
        self._traffic = traffic
        self._unauthenticated = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One WebSocket."""
        handshake = Handshake.of(scope)
        scope["query_string"] = b""  # a ticket must not reach a log, whoever writes it
        await receive()  # websocket.connect
        if scope["path"] != "/ws" or not self._origins.permit(handshake.origin, handshake.host):
            await send({"type": "websocket.close", "code": CloseCode.FORBIDDEN})  # before `accept`: HTTP 403
            return
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in handshake.subprotocols else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        wire: Wire = scope["extensions"][WIRE]
        entrant = await self._admit(handshake, wire, receive)
        if entrant is not None:
            await self._serve(entrant, handshake, wire, receive)

    async def _serve(self, entrant: _Entrant, handshake: Handshake, wire: Wire, receive: Receive) -> None:
        connection = Connection(
            new_id(),
            entrant.person,
            wire,
            settings=self._settings,
            traffic=self._traffic,
            on_drained=self._relay.refresh,
            language=handshake.language,
            address=handshake.address,
        )
        try:
            await self._hub.enter(connection)
            connection.send(self._welcomes.welcome(connection, entrant.request_id))
            self._hub.tell_outages(connection)
            await self._handlers.serve_all(connection, entrant.rest)
            while (text := _text_of(await receive())) is not None:
                self._traffic.frames_received += 1
                self._traffic.bytes_received += len(text) if isinstance(text, bytes) else len(text.encode())
                await self._handlers.receive(connection, text)
        except Failure as failure:  # only `enter` refuses; handlers answer for themselves
            _refuse(wire, failure, handshake)
        finally:
            await self._hub.leave(connection)

    # ---- admission -------------------------------------------------------------------------------------------------
    async def _admit(self, handshake: Handshake, wire: Wire, receive: Receive) -> _Entrant | None:
        """Who it is; None if it was refused or left."""
        self._unauthenticated += 1
        try:
            return await self._authenticate(handshake, wire, receive)
        except Failure as failure:
            _refuse(wire, failure, handshake)
        except Unavailable as outage:
            _refuse(wire, unavailable(outage), handshake)
        except TimeoutError:
            _refuse(wire, Failure(ErrorCode.UNAUTHENTICATED, "No authenticate frame came in time."), handshake)
        finally:
            self._unauthenticated -= 1
        return None

    async def _authenticate(self, handshake: Handshake, wire: Wire, receive: Receive) -> _Entrant | None:
        if self._unauthenticated + len(self._hub) > self._settings.max_connections:
            raise server_full(self._settings)
        await self._rates.check(self._connects, handshake.address or "unknown")
        if handshake.token is not None:
            return _Entrant(await self._authenticator.by_token(handshake.token))
        if handshake.ticket is not None:
            return _Entrant(await self._authenticator.by_ticket(handshake.ticket))
        async with asyncio.timeout(self._settings.authenticate_seconds):
            return await self._by_first_frame(handshake, wire, receive)

    async def _by_first_frame(self, handshake: Handshake, wire: Wire, receive: Receive) -> _Entrant | None:
        """The first valid frame must be `authenticate`; frames that are not valid get their error and do no harm."""
        while (text := _text_of(await receive())) is not None:
            items = parse(text)
            for item in items:
                if isinstance(item, Rejected):
                    wire.send_frames((error(item.echo, localised(item.failure.body, handshake.language)),))
                elif isinstance(item.frame, Authenticate):
                    person = await self._authenticator.by_token(item.frame.token)
                    return _Entrant(person, item.echo.id, tuple(items))
                else:
                    raise Failure(ErrorCode.UNAUTHENTICATED, "The first frame must be authenticate.")
        return None


def _text_of(message: dict[str, Any]) -> str | bytes | None:
    """The text of a message; None at the end. Binary messages are read as UTF-8 JSON too."""
    if message["type"] != "websocket.receive":
        return None
    text = message.get("text")
    return text if text is not None else message.get("bytes", b"")


def _refuse(wire: Wire, failure: Failure, handshake: Handshake) -> None:
    wire.send_frames((error(Echo(), localised(failure.body, handshake.language)),))
    wire.close(_CLOSE_CODES.get(failure.code, CloseCode.UNAUTHENTICATED), failure.code.lower())
