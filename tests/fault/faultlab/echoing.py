"""Everything that is said on the broker for a while is said again: what a redelivery looks like to whoever hears it."""

import asyncio
import hashlib

import nats.errors
from nats.aio.msg import Msg

from palaver.contracts.session import STOP_ROUNDS, STOP_TURNS
from palaver.servicekit.nats_client import LastingClient
from palaver.servicekit.settings import BrokerSettings

DELAY_SECONDS = 0.7
SUBJECTS = ("evt.>", "cmd.>")


async def echo(broker: BrokerSettings, seconds: float) -> None:
    """Repeat for so long, each message once, with no message id, so that the broker does not swallow it.

    A stop of everything is left out: a late one may rightly stop what was asked for meanwhile.
    """
    client, said = LastingClient(), set[bytes]()
    stops = (STOP_TURNS.address.stem, STOP_ROUNDS.address.stem)

    async def again(msg: Msg) -> None:
        digest = hashlib.sha256(msg.subject.encode() + b" " + msg.data).digest()
        if digest in said or msg.subject.startswith(stops):
            return
        said.add(digest)
        await asyncio.sleep(DELAY_SECONDS)
        await client.publish(msg.subject, msg.data)

    seed = broker.nkey_seed.get_secret_value() if broker.nkey_seed else None
    try:
        await client.connect(broker.url.split(","), name="echo", nkeys_seed_str=seed, max_reconnect_attempts=-1)
        repeating = asyncio.TaskGroup()
        async with repeating:

            async def heard(msg: Msg) -> None:
                if not msg.reply or not msg.reply.startswith("$JS"):
                    repeating.create_task(again(msg))

            subscriptions = [await client.subscribe(subject, cb=heard) for subject in SUBJECTS]
            await asyncio.sleep(seconds)
            for subscription in subscriptions:
                await subscription.unsubscribe()
    except (nats.errors.Error, OSError, ExceptionGroup):
        pass  # the broker went away under us, which is a fault, too
    finally:
        await client.close()
