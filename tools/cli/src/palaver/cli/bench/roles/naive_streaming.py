"""A stream as one would read it first: the SDK with its own models, and each token said as it comes."""

from collections.abc import Awaitable, Callable

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from palaver.cli.bench.roles.naive_token import Token
from palaver.cli.bench.roles.parts import WorkerPart
from palaver.cli.bench.roles.streaming import all_streams

TURN_ID = "00000000-0000-7000-8000-000000000000"


async def stream_all(part: WorkerPart, say: Callable[[Token], Awaitable[None]]) -> None:
    """Every stream of the load."""
    client = AsyncOpenAI(api_key="bench", base_url=part.provider_url, max_retries=0)

    async def stream(number: int) -> None:
        offset = 0
        question = ChatCompletionUserMessageParam(role="user", content="Go")
        chunks = await client.chat.completions.create(model=part.model, messages=[question], stream=True)
        async for chunk in chunks:
            text = chunk.choices[0].delta.content if chunk.choices else None
            if text:
                await say(Token(stream=number, turn_id=TURN_ID, attempt=1, offset=offset, text=text))
                offset += len(text)

    await all_streams(part.load, stream)
    await client.close()
