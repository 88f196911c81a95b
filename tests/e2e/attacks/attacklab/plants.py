"""Secrets of the tests' own, put wherever a secret is looked for, in every form: the search must find them all."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from redis.asyncio import Redis

from palaver.cli.testing import eavesdropping as taps
from palaver.cli.testing.broker_access import access
from palaver.cli.testing.secret_search import Evidence
from palaver.cli.testing.stack import Stack
from palaver.cli.up.secret_store import ADMIN

ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "clear": lambda secret: secret,
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    **{
        f"base64 at {offset}": lambda secret, offset=offset: base64.b64encode(
            b"abc"[:offset] + secret.encode() + b"def"
        ).decode()
        for offset in range(3)
    },
    **{
        f"base64url at {offset}": lambda secret, offset=offset: base64.urlsafe_b64encode(
            b"abc"[:offset] + secret.encode() + b"def"
        ).decode()
        for offset in range(3)
    },
}


@dataclass(slots=True)
class Plants:
    """A secret of its own for each place and each form, so that every find proves one thing."""

    planted: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])

    def text(self, place: str, spot: str) -> str:
        """What to put there: all forms, each of another secret."""
        parts: list[str] = []
        for form, encode in ENCODINGS.items():
            secret = f"{secrets.token_urlsafe(18)}?>~{secrets.token_urlsafe(6)}"  # so that both alphabets differ
            self.planted[place, spot, form] = secret
            parts.append(encode(secret))
        return " ".join(parts)

    def missed(self, evidence: Evidence) -> list[tuple[str, str, str]]:
        """Where the search is blind."""
        return [
            (place, spot, form)
            for (place, spot, form), secret in self.planted.items()
            if (place, form.replace("base64url", "base64"))
            not in {(t.place, t.form.replace("base64url", "base64")) for t in evidence.traces(secret)}
        ]


async def plant(stack: Stack, plants: Plants) -> None:
    """In every place that is searched."""
    taps.log_everywhere(plants.text(taps.LOGS, "a log line"))
    taps.log_everywhere(plants.text(taps.UNREDACTED_LOGS, "a log line"))
    (gateway,) = stack.replicas["gateway"]
    with gateway.kit.tracer.start_as_current_span(plants.text(taps.TRACES, "a name")) as span:
        span.set_attribute("planted", plants.text(taps.TRACES, "an attribute"))
    await _plant_on_broker(stack, plants)
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    await connection.execute("CREATE TABLE keyvault.planted (note text, raw bytea, facts jsonb)")
    await connection.execute(
        "INSERT INTO keyvault.planted VALUES ($1, $2, jsonb_build_object('deep', $3::text))",
        plants.text(taps.DATABASE, "text"),
        plants.text(taps.DATABASE, "bytea").encode(),
        plants.text(taps.DATABASE, "jsonb"),
    )
    await connection.close()
    client = Redis.from_url(stack.servers.valkey.url().get_secret_value())
    await client.set("planted", plants.text(taps.REDIS, "a value"))
    await client.set(plants.text(taps.REDIS, "a key"), "")
    await client.execute_command("HSET", "planted-hash", "field", plants.text(taps.REDIS, "a hash"))
    await client.set("planted-and-gone", plants.text(taps.REDIS_COMMANDS, "a value for a moment"))
    await client.delete("planted-and-gone")
    await client.aclose()
    (stack.home.nats / "planted.blk").write_text(plants.text(taps.FILES, "a file"))


async def _plant_on_broker(stack: Stack, plants: Plants) -> None:
    async def leak(msg: Any) -> None:
        await msg.respond(plants.text(taps.BROKER, "an answer into an inbox").encode())

    seed = stack.secrets.nkey_seeds[ADMIN]
    async with (
        access(stack.servers.nats.url, "gateway", seed) as asker,
        access(stack.servers.nats.url, "keyvault", seed) as answerer,
    ):
        await answerer.client.subscribe("planted.question", cb=leak)
        await answerer.client.flush()
        await asker.client.request("planted.question", plants.text(taps.BROKER, "a question").encode(), timeout=5)
        header = {"Planted": plants.text(taps.BROKER, "a header")}
        await asker.client.publish("planted.note", b"", headers=header)
        await asker.client.jetstream().publish("evt.planted", plants.text(taps.BROKER, "a stored event").encode())
        await asker.client.jetstream().publish("evt.planted", plants.text(taps.FILES, "a stored event").encode())
        await asker.client.flush()
