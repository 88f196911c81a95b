"""Clients that ask for everything, over and over, and read nothing of the answers."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from faultlab.product import Product
from palaver.client import Failure, Palaver
from palaver.contracts.client_protocol import SUBPROTOCOL, Attach
from palaver.contracts.ids import SessionId, new_id

CLIENTS = 4
PAUSE_SECONDS = 0.005
OUTAGES = (Failure, OSError, TimeoutError, WebSocketException)
"""Something else may be broken at the same time; then there is nobody to be deaf to."""


async def ask_and_read_nothing(product: Product, gateway: int, rooms: Sequence[str], seconds: float) -> None:
    """Some of them at one gateway, for this long."""
    until = time.monotonic() + seconds
    with contextlib.suppress(*OUTAGES):
        async with asyncio.timeout(seconds), Palaver(product.edge_url(gateway)) as device:
            await product.sign_in(device)
            token = await device.rest.access_token()
            url = f"{product.edge_url(gateway).replace('http', 'ws', 1)}/ws"
            await asyncio.gather(*(_ask(url, token, rooms, until) for _ in range(CLIENTS)))
    await asyncio.sleep(max(0.0, until - time.monotonic()))


async def _ask(url: str, token: str, rooms: Sequence[str], until: float) -> None:
    """Once one frame waits here, nothing more is taken from the socket."""
    with contextlib.suppress(*OUTAGES):
        async with connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            proxy=None,
            max_queue=1,
            ping_interval=None,
            close_timeout=0.1,
        ) as socket:
            while time.monotonic() < until:
                for room in rooms:
                    await socket.send(Attach(id=new_id(), session_id=SessionId(room)).model_dump_json())
                    await asyncio.sleep(PAUSE_SECONDS)
