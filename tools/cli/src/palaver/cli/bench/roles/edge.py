"""A raw ASGI WebSocket server: what the edges of the measured pipelines have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from palaver.cli.bench.roles import role

Relay = Callable[[str], Awaitable[None]]
"""Sends one text frame to a client."""
Leave = Callable[[], Awaitable[None]]
Follow = Callable[[int, Relay], Awaitable[Leave]]
"""Relays a stream from now on, until its client leaves."""


async def serve(port: int, follow: Follow) -> None:
    """Serve `/<stream>` until the end."""

    async def app(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()

        async def relay(text: str) -> None:
            await send({"type": "websocket.send", "text": text})

        leave = await follow(int(scope["path"][1:]), relay)
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        await leave()

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    await role.cue()
    await role.curtain()
    server.should_exit = True
    await serving
