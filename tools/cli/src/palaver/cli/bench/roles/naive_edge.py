"""The edge as one would write it first: each token validated by pydantic and written anew, a frame each."""

from nats.aio.msg import Msg

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.edge import Leave, Relay, serve
from palaver.cli.bench.roles.naive_token import Token
from palaver.cli.bench.roles.parts import EdgePart, subject_of
from palaver.cli.bench.roles.streaming import connected


async def play() -> None:
    """Run it."""
    part = await role.part(EdgePart)
    nc = await connected(part.nats_url, part.nkey_seed)

    async def follow(stream: int, relay: Relay) -> Leave:
        async def on_message(message: Msg) -> None:
            await relay(Token.model_validate_json(message.data).model_dump_json())

        subscription = await nc.subscribe(subject_of(stream), cb=on_message)
        await nc.flush()
        return subscription.unsubscribe

    await serve(part.port, follow)
    await nc.close()
