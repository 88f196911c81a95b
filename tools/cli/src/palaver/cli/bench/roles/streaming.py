"""What the workers of the measured pipelines share: when each stream starts, and how one of them asks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import nats
from nats.aio.client import Client

from palaver.cli.bench.load import Load
from palaver.cli.bench.roles import role


def question(model: str) -> dict[str, Any]:
    """The request of each stream."""
    return {"model": model, "messages": [{"role": "user", "content": "Go"}]}


async def connected(url: str, seed: str) -> Client:
    """The broker of the pipelines."""
    return await nats.connect(url, nkeys_seed_str=seed)


async def all_streams(load: Load, one: Callable[[int], Awaitable[None]]) -> None:
    """On the cue, run every stream at its time; return when all are over."""
    begin = await role.cue()

    async def at_its_time(stream: int) -> None:
        await role.until(begin + load.starts_at(stream))
        await one(stream)

    await asyncio.gather(*(at_its_time(stream) for stream in range(load.streams)))
