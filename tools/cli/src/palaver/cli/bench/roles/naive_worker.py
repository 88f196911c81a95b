"""The worker as one would write it first: the SDK's models, a pydantic message a token."""

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.naive_streaming import stream_all
from palaver.cli.bench.roles.naive_token import Token
from palaver.cli.bench.roles.parts import WorkerPart, subject_of
from palaver.cli.bench.roles.streaming import connected


async def play() -> None:
    """Run it."""
    part = await role.part(WorkerPart)
    nc = await connected(part.nats_url, part.nkey_seed)

    async def say(token: Token) -> None:
        await nc.publish(subject_of(token.stream), token.model_dump_json().encode())

    await stream_all(part, say)
    await role.curtain()
    await nc.drain()
