"""Provider keys are replaced, and the key-encryption key is rotated, while turns stream: not one of them fails."""

import asyncio
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

from faultlab.bad_keys import KEYS
from faultlab.bad_keys_run import keyed_product
from faultlab.product import Product
from faultlab.rotating import PATIENCE_SECONDS, POLL_SECONDS, KeyRotation, Load, rotate_keks, store_key, versions
from palaver.client import Palaver
from palaver.servicekit.tasks import ended

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.timeout(600)]

FEWEST_REPLACED = 3


async def test_keys_and_key_encryption_keys_are_rotated_under_load_and_no_turn_fails(tmp_path: Path) -> None:
    async with (
        keyed_product(tmp_path, copies={"keyvault": 2}) as product,
        Palaver(product.edge_url(0)) as person,
    ):
        await product.sign_in(person)
        replaced, _, kept = KEYS
        rotation = KeyRotation(product, person, replaced.provider, await store_key(person, replaced), replaced.secret)
        kept_id = await store_key(person, kept)
        load = Load(product, person, ("main", "spare"), seats=3, pace=0.8)
        await load.prepare()
        assert await versions(product) == {1}
        running = [asyncio.create_task(load.run()), asyncio.create_task(rotation.run())]
        try:
            await rotate_keks(product)
            while rotation.replaced < FEWEST_REPLACED:  # noqa: ASYNC110 - nearly always so by now
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await ended(running)
        assert [task.exception() for task in running if not task.cancelled()] == []
        async with asyncio.timeout(PATIENCE_SECONDS):
            await load.rest()
        turns = await _endings(product, load)
        assert turns == Counter({("replied", None): load.posts * load.seats})
        assert await versions(product) == {2}
        # what was stored under the old one is open to the new one alone
        assert (await person.rest.post(f"/api/v1/keys/{kept_id}/validate", {}))["valid"]


async def _endings(product: Product, load: Load) -> Counter[tuple[str, str | None]]:
    """How all turns ended."""
    connection = await asyncpg.connect(product.database_url)
    try:
        statement = "SELECT ending, code FROM session.turns WHERE session_id = ANY($1::uuid[])"
        return Counter((row["ending"], row["code"]) for row in await connection.fetch(statement, load.rooms))
    finally:
        await connection.close()
