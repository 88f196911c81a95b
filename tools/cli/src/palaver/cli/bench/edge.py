"""A raw ASGI WebSocket server in front of the broker: one subscription and one callback for each client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from nats.aio.msg import Msg

from palaver.cli.bench import role
from palaver.cli.bench.parts import EdgePart, subject_of
from palaver.cli.bench.streaming import connected

Frame = Callable[[bytes], str]


async def serve(frame: Frame) -> None:
    """Serve `/<stream>` until the end; `frame` makes of a message what the client gets."""
    part = await role.part(EdgePart)
    nc = await connected(part.nats_url, part.nkey_seed)

    async def app(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()

        async def relay(message: Msg) -> None:
            await send({"type": "websocket.send", "text": frame(message.data)})

        subscription = await nc.subscribe(subject_of(int(scope["path"][1:])), cb=relay)
        await nc.flush()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        await subscription.unsubscribe()

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=part.port,
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
    await nc.close()
