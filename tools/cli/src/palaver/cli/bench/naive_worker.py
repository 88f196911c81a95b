"""The worker as one would write it first: the SDK's models, a pydantic message a token."""

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from palaver.cli.bench import role
from palaver.cli.bench.bare_worker import TURN_ID
from palaver.cli.bench.parts import WorkerPart, subject_of
from palaver.cli.bench.streaming import all_streams, connected
from palaver.contracts.client_protocol import Delta
from palaver.contracts.ids import TurnId


async def play() -> None:
    """Run it."""
    part = await role.part(WorkerPart)
    nc = await connected(part.nats_url, part.nkey_seed)
    client = AsyncOpenAI(api_key="bench", base_url=part.provider_url, max_retries=0)

    async def stream(number: int) -> None:
        offset = 0
        question = ChatCompletionUserMessageParam(role="user", content="Go")
        chunks = await client.chat.completions.create(model=part.model, messages=[question], stream=True)
        async for chunk in chunks:
            text = chunk.choices[0].delta.content if chunk.choices else None
            if text:
                delta = Delta(turn_id=TurnId(TURN_ID), attempt=1, offset=offset, text=text)
                await nc.publish(subject_of(number), delta.model_dump_json().encode())
                offset += len(text)

    await all_streams(part.load, stream)
    await role.curtain()
    await nc.drain()
    await client.close()
