"""The naive worker on FastStream. Runs in the peer's own environment."""
# pyright: basic, reportMissingImports=false
# FastStream is installed for a run only, in an environment of its own, so its types are unknown here.

from faststream.nats import NatsBroker

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.naive_streaming import stream_all
from palaver.cli.bench.roles.naive_token import Token
from palaver.cli.bench.roles.parts import WorkerPart, subject_of


async def play() -> None:
    """Run it."""
    part = await role.part(WorkerPart)
    broker = NatsBroker(part.nats_url, nkeys_seed_str=part.nkey_seed, logger=None)
    await broker.connect()

    async def say(token: Token) -> None:
        await broker.publish(token, subject_of(token.stream))

    await stream_all(part, say)
    await role.curtain()
    await broker.stop()
