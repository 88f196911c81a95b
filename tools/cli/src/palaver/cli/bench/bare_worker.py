"""The bare pipeline's worker: the official SDK's raw stream, each token encoded once and published on core NATS."""

from openai import AsyncOpenAI, DefaultAioHttpClient

from palaver.cli.bench import role
from palaver.cli.bench.chunks import ChunkReader
from palaver.cli.bench.parts import WorkerPart, subject_of
from palaver.cli.bench.streaming import all_streams, connected, question
from palaver.contracts.deltas import encode_delta

TURN_ID = "00000000-0000-7000-8000-000000000000"


async def play() -> None:
    """Run it."""
    part = await role.part(WorkerPart)
    nc = await connected(part.nats_url, part.nkey_seed)
    client = AsyncOpenAI(api_key="bench", base_url=part.provider_url, http_client=DefaultAioHttpClient(), max_retries=0)

    async def stream(number: int) -> None:
        subject, reader, offset = subject_of(number), ChunkReader(), 0
        async with client.chat.completions.with_streaming_response.create(
            stream=True, **question(part.model)
        ) as response:
            async for chunk in response.iter_bytes():
                for text in reader.feed(chunk):
                    await nc.publish(subject, encode_delta(TURN_ID, 1, offset, text))
                    offset += len(text)

    await all_streams(part.load, stream)
    await role.curtain()
    await nc.drain()
    await client.close()
