"""What runs here: for people who look, and for whatever restarts and balances gateways."""

from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from palaver.contracts.client_protocol import SUBPROTOCOL
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.realtime.handlers import Handlers
from palaver.gateway.realtime.hub import Hub
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.health import Health

router = APIRouter(tags=["status"])


class InAll(BaseModel):
    """Clients of all gateways."""

    connections: int
    gateways: int


class RealtimeStatus(BaseModel):
    """Clients that are connected to this process, by WebSocket, event stream or long poll.

    `in_all` is null while Redis, where gateways tell each other, is away.
    """

    protocol: str
    connections: int
    max_connections: int
    max_connections_per_user: int
    max_connections_in_all: int
    in_all: InAll | None
    people: int
    sessions: int
    down: list[str]


class FrameHandler(BaseModel):
    """A type of client frame and what it does."""

    type: str
    description: str


class Running(BaseModel):
    """Set by `application.create`."""

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    hub: Hub
    relay: Relay
    handlers: Handlers
    health: Health
    limits: RealtimeSettings


def _running(request: Request) -> Running:
    return cast("Running", request.app.state.running)


@router.get("/ws/status")
async def read_status(request: Request) -> Envelope[RealtimeStatus]:
    """How many are connected."""
    running = _running(request)
    in_all = running.hub.in_all
    return Envelope(
        data=RealtimeStatus(
            protocol=SUBPROTOCOL,
            connections=len(running.hub),
            max_connections=running.limits.max_connections,
            max_connections_per_user=running.limits.max_connections_per_user,
            max_connections_in_all=running.limits.max_connections_in_all,
            in_all=in_all and InAll(connections=in_all.connections, gateways=in_all.gateways),
            people=running.hub.people,
            sessions=len(list(running.relay.rooms)),
            down=sorted(running.hub.outages.down),
        )
    )


@router.get("/ws/handlers")
async def list_handlers(request: Request) -> Envelope[list[FrameHandler]]:
    """The types of frames that clients may send."""
    table = _running(request).handlers.table
    return Envelope(
        data=[
            FrameHandler(type=str(kind.model_fields["type"].default), description=(handler.__doc__ or "").strip())
            for kind, handler in table.items()
        ]
    )


@router.get("/healthz", include_in_schema=False)
async def healthz() -> Response:
    """The process lives."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Response:
    """The gateway takes clients. A broker or store that is down does not change that: clients stay, and are told."""
    health = _running(request).health
    return Response(f"{health.phase}\n", 200 if health.ready else 503, media_type="text/plain")
