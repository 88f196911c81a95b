"""The naive edge on FastStream: one subscriber with a pydantic body. Runs in the peer's own environment."""
# pyright: basic, reportMissingImports=false
# FastStream is installed for a run only, in an environment of its own, so its types are unknown here.

from faststream.nats import NatsBroker

from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.edge import Leave, Relay, serve
from palaver.cli.bench.roles.naive_token import Token
from palaver.cli.bench.roles.parts import EdgePart, subject_of


async def play() -> None:
    """Run it."""
    part = await role.part(EdgePart)
    broker = NatsBroker(part.nats_url, nkeys_seed_str=part.nkey_seed, logger=None)
    relays: dict[int, Relay] = {}

    async def on_token(token: Token) -> None:
        relay = relays.get(token.stream)
        if relay is not None:
            await relay(token.model_dump_json())

    broker.subscriber(subject_of("*"))(on_token)
    await broker.start()

    async def follow(stream: int, relay: Relay) -> Leave:
        relays[stream] = relay

        async def leave() -> None:
            del relays[stream]

        return leave

    await serve(part.port, follow)
    await broker.stop()
