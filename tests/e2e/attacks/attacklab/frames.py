"""Every kind of frame that a client may send, read from the contracts: a new kind is attacked at once."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, get_args

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from attacklab.bodies import Bodies, Ids
from palaver.contracts.client_protocol import SUBPROTOCOL, ClientFrame, ClientRequest
from palaver.contracts.ids import new_id

KINDS: tuple[type[ClientRequest], ...] = get_args(get_args(ClientFrame)[0])
_REFERENCES = "#/components/schemas/{model}"


def name_of(kind: type[ClientRequest]) -> str:
    """Its `type`."""
    return kind.model_fields["type"].default


def frame(kind: type[ClientRequest], ids: Ids) -> dict[str, Any]:
    """One that is valid, with each id in it that is given."""
    schema = kind.model_json_schema(ref_template=_REFERENCES)
    bodies = Bodies({"components": {"schemas": schema.get("$defs", {})}})
    return {**bodies.smallest(schema, ids), "type": name_of(kind), "id": new_id()}


def names_of(kind: type[ClientRequest]) -> set[str]:
    """Of all its fields."""
    return set(kind.model_fields)


@asynccontextmanager
async def socket(
    url: str, headers: Mapping[str, str] | None = None, query: str = ""
) -> AsyncGenerator[ClientConnection]:
    """An open WebSocket, not necessarily a welcome one."""
    where = url.replace("http", "ws", 1) + "/ws" + (f"?{query}" if query else "")
    async with connect(
        where, subprotocols=[Subprotocol(SUBPROTOCOL)], additional_headers=headers, proxy=None, max_size=None
    ) as opened:
        yield opened


async def said(connection: ClientConnection) -> list[dict[str, Any]]:
    """Everything until the server closes."""
    heard: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        while True:
            heard += objects(await connection.recv())
    return heard


async def answered(connection: ClientConnection, sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What comes for a frame, up to its answer."""
    await connection.send(json.dumps(sent))
    heard: list[dict[str, Any]] = []
    while not any(one.get("id") == sent["id"] for one in heard):
        heard += objects(await connection.recv())
    return heard


def objects(text: str | bytes) -> list[dict[str, Any]]:
    """A frame is one object or several."""
    parsed: Any = json.loads(text)
    return parsed if isinstance(parsed, list) else [parsed]
