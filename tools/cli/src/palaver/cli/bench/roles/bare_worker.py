"""The bare pipeline's worker: the official SDK's raw stream, encoded once, published on core NATS.

With a window at most one message leaves for each stream in that time, as in the product; without one, each token does.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from nats.aio.client import Client
from openai import AsyncOpenAI, DefaultAioHttpClient

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chunks import ChunkReader
from palaver.cli.bench.roles.parts import WorkerPart, subject_of
from palaver.cli.bench.roles.streaming import all_streams, connected, question
from palaver.contracts.deltas import encode_delta

TURN_ID = "00000000-0000-7000-8000-000000000000"

Say = Callable[[list[str]], Coroutine[Any, Any, None]]


class _Stream:
    """One stream's way to the broker."""

    def __init__(self, nc: Client, number: int, window_seconds: float) -> None:
        self._nc = nc
        self._subject = subject_of(number)
        self._window = window_seconds
        self._loop = asyncio.get_running_loop()
        self._offset = 0
        self._sent_at = 0.0
        self._waiting: list[str] = []
        self._later: asyncio.Task[None] | None = None

    async def say(self, texts: list[str]) -> None:
        """Each token by itself."""
        for text in texts:
            await self._send(text)

    async def say_windowed(self, texts: list[str]) -> None:
        """What comes within a window together."""
        self._waiting += texts
        if self._later is None and self._waiting:
            wait = self._sent_at + self._window - self._loop.time()
            if wait <= 0:
                await self._flush()
            else:
                self._later = asyncio.create_task(self._flush_after(wait))

    async def end(self) -> None:
        """Say what still waits."""
        if self._later is not None:
            await self._later

    async def _flush_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._later = None
        await self._flush()

    async def _flush(self) -> None:
        text = "".join(self._waiting)
        self._waiting.clear()
        self._sent_at = self._loop.time()
        await self._send(text)

    async def _send(self, text: str) -> None:
        await self._nc.publish(self._subject, encode_delta(TURN_ID, 1, self._offset, text))
        self._offset += len(text)


async def play() -> None:
    """Run it."""
    part = await role.part(WorkerPart)
    nc = await connected(part.nats_url, part.nkey_seed)
    client = AsyncOpenAI(api_key="bench", base_url=part.provider_url, http_client=DefaultAioHttpClient(), max_retries=0)

    async def stream(number: int) -> None:
        own, reader = _Stream(nc, number, part.window_seconds), ChunkReader()
        say: Say = own.say_windowed if part.window_seconds else own.say
        async with client.chat.completions.with_streaming_response.create(
            stream=True, **question(part.model)
        ) as response:
            async for chunk in response.iter_bytes():
                await say(reader.feed(chunk))
        await own.end()

    await all_streams(part.load, stream)
    await role.curtain()
    await nc.drain()
    await client.close()
