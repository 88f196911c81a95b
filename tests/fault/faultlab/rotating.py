"""Keys are replaced and key-encryption keys are rotated, in order, as an operator and a person would, under load."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import urandom

import asyncpg

from faultlab.bad_keys import BadKey
from faultlab.product import Product
from palaver.client import Palaver
from palaver.contracts.ids import SessionId, new_id
from palaver.contracts.session import NewParticipant

KEKS, CURRENT = "PALAVER_KEYVAULT_KEKS", "PALAVER_KEYVAULT_CURRENT_KEK"
POLL_SECONDS = 0.2
PATIENCE_SECONDS = 60.0
_ENDED = "SELECT count(*) FROM session.turns WHERE session_id = ANY($1::uuid[]) AND state = 'ended'"
OLD_KEY_DIES_AFTER_SECONDS = 2.0
"""A person disables a key here before its provider forgets it; a second later no worker has it."""


@dataclass(slots=True)
class Load:
    """Somebody asks rooms of some models, one after the other, as fast as they answer and not faster."""

    product: Product
    person: Palaver
    models: Sequence[str]
    seats: int
    pace: float
    rooms: list[SessionId] = field(default_factory=list[SessionId])
    posts: int = 0

    async def prepare(self) -> None:
        """The rooms."""
        for model in self.models:
            seats = tuple(NewParticipant(model=model) for _ in range(self.seats))
            self.rooms.append((await self.person.rest.create_session(seats)).id)

    async def run(self) -> None:
        """For ever."""
        while True:
            room = self.rooms[self.posts % len(self.rooms)]
            body = {"session_id": room, "client_message_id": new_id(), "content": "Is tea good?"}
            await self.person.rest.post("/api/v1/messages", body)
            self.posts += 1
            await asyncio.sleep(self.pace)
            await self.rest(unanswered=len(self.rooms) - 1)

    async def rest(self, *, unanswered: int = 0) -> None:
        """Return once no more posts than these wait for answers."""
        connection = await asyncpg.connect(self.product.database_url)
        try:
            ended = (self.posts - unanswered) * self.seats
            while (await connection.fetchval(_ENDED, self.rooms) or 0) < ended:  # noqa: ASYNC110 - stored is told to nobody
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await connection.close()


async def rotate_keks(product: Product) -> None:
    """From version 1 to version 2 as the keyvault's README says, replica by replica."""
    vaults = product.processes["keyvault"]
    old = json.loads(vaults[0].variable(KEKS))["1"]
    new = urlsafe_b64encode(urandom(32)).decode().rstrip("=")
    for keks, current in (({"1": old, "2": new}, "1"), ({"1": old, "2": new}, None)):
        for vault in vaults:
            await vault.restart(**{KEKS: json.dumps(keks), CURRENT: current})
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await versions(product) != {2}:  # noqa: ASYNC110 - what is stored calls nobody
            await asyncio.sleep(POLL_SECONDS)
    for vault in vaults:
        await vault.restart(**{KEKS: json.dumps({"2": new})})


async def versions(product: Product) -> set[int]:
    """Which versions of the key-encryption key wrap what is stored."""
    connection = await asyncpg.connect(product.database_url)
    try:
        rows = await connection.fetch("SELECT DISTINCT kek_version FROM keyvault.envelopes")
        return {row["kek_version"] for row in rows}
    finally:
        await connection.close()


@dataclass(slots=True)
class KeyRotation:
    """Replaces the key of one provider again and again: a new one is stored, the old one disabled and then deleted."""

    product: Product
    person: Palaver
    provider: str
    key_id: str
    secret: str
    replaced: int = 0

    async def run(self) -> None:
        """For ever."""
        while True:
            new = BadKey(f"number {self.replaced}", self.provider, f"sk-rotated-{new_id()}")
            key_id = await store_key(self.person, new)
            await self.person.rest.post(f"/api/v1/keys/{self.key_id}/disable", {})
            trace = BadKey("old", self.provider, self.secret).trace
            refused = {"kind": "invalid_key", "key": trace, "count": 1_000, "from_seconds": OLD_KEY_DIES_AFTER_SECONDS}
            (await self.product.control.post("/control/faults", json=refused)).raise_for_status()
            await self.person.rest.call("DELETE", f"/api/v1/keys/{self.key_id}", None)
            self.key_id, self.secret = key_id, new.secret
            self.replaced += 1
            await asyncio.sleep(OLD_KEY_DIES_AFTER_SECONDS)


async def store_key(person: Palaver, key: BadKey) -> str:
    """Returns its id."""
    return (
        await person.rest.post("/api/v1/keys", {"provider": key.provider, "api_key": key.secret, "label": key.name})
    )["id"]
