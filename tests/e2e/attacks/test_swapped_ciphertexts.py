"""Somebody who can write to PostgreSQL moves encrypted keys about: none opens elsewhere, and no provider sees one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import permutations
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.client import Failure, Palaver
from palaver.contracts.failures import ErrorCode
from palaver.simulator.recorder import KeyTrace

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

SECRETS = {
    "Ada's for OpenAI": ("openai", "sk-a-key-that-the-simulator-takes-ada1"),
    "Ada's second for OpenAI": ("openai", "sk-a-key-that-the-simulator-takes-ada2"),
    "Ada's for Anthropic": ("anthropic", "sk-ant-a-key-that-the-simulator-takes-ada3"),
    "Eve's for OpenAI": ("openai", "sk-a-key-that-the-simulator-takes-eve1"),
}
PARTS = (("ciphertext",), ("wrapped_key",), ("wrapped_key", "ciphertext", "kek_version"))


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    """The test starts its own worker."""
    return {"copies": {"model-router": 0}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(stack: Stack) -> AsyncGenerator[Any]:
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    yield connection
    await connection.close()


@asynccontextmanager
async def changed(database: Any, table: str, column: str, key_id: str, values: dict[str, Any]) -> AsyncGenerator[None]:
    """A row says something else, for a while."""
    row = await database.fetchrow(f"SELECT * FROM {table} WHERE {column} = $1", key_id)  # noqa: S608 - our own names
    before = {name: row[name] for name in values}

    async def put(facts: dict[str, Any]) -> None:
        changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(facts, 2))
        await database.execute(f"UPDATE {table} SET {changes} WHERE {column} = $1", key_id, *facts.values())  # noqa: S608

    await put(values)
    try:
        yield
    finally:
        await put(before)


async def refusal(person: Palaver, key_id: str) -> ErrorCode | None:
    """Why the vault does not lend it to be tried at its provider; None if it does, and the provider takes it."""
    try:
        checked = await person.rest.post(f"/api/v1/keys/{key_id}/validate", {})
    except Failure as failure:
        return failure.code
    assert checked["valid"]
    return None


async def test_a_moved_ciphertext_does_not_open_for_another_person_provider_or_key(stack: Stack, database: Any) -> None:
    played = {"openai": stack.simulator.openai_url, "anthropic": stack.simulator.anthropic_url}
    await stack.add("model-router", base_urls=stack.wiring.simulation.base_urls | played)
    seen = stack.simulator.stage.recorder
    async with await stack.person("Ada") as ada, await stack.person("Eve") as eve:
        ids: dict[str, str] = {}
        for name, (provider, secret) in SECRETS.items():
            person = eve if name.startswith("Eve") else ada
            key = await person.rest.post("/api/v1/keys", {"provider": provider, "api_key": secret, "label": name})
            ids[name] = key["id"]
            assert await refusal(person, key["id"]) is None
        assert {record.key for record in seen.records()} == {KeyTrace.of(secret) for _, secret in SECRETS.values()}
        seen.clear()
        for source, target in permutations(ids, 2):
            stolen = await database.fetchrow("SELECT * FROM keyvault.envelopes WHERE key_id = $1", ids[source])
            person = eve if target.startswith("Eve") else ada
            for parts in PARTS:
                moved = {part: stolen[part] for part in parts}
                async with changed(database, "keyvault.envelopes", "key_id", ids[target], moved):
                    assert await refusal(person, ids[target]) is ErrorCode.KEY_INVALID, (source, target, parts)
        mine = ids["Ada's for OpenAI"]
        for person, column, value in (
            (eve, "user_id", eve.rest.signed_in.user.id),
            (ada, "provider", "anthropic"),
            (ada, "host", "evil.example.org"),
            (ada, "scope", "shared"),
        ):
            async with changed(database, "keyvault.keys", "id", mine, {column: value}):
                assert await refusal(person, mine) in {ErrorCode.KEY_INVALID, ErrorCode.NOT_FOUND}, column
        assert [record.key for record in seen.records()] == [], "a provider saw a key"
        await a_turn_on_a_stolen_key(stack, database, eve, ids)
        assert await refusal(ada, mine) is None, "put back, it is good again"


async def a_turn_on_a_stolen_key(stack: Stack, database: Any, eve: Palaver, ids: dict[str, str]) -> None:
    """Eve's room on Ada's ciphertext ends in one clear error."""
    stolen = await database.fetchrow("SELECT * FROM keyvault.envelopes WHERE key_id = $1", ids["Ada's for OpenAI"])
    parts = {part: stolen[part] for part in PARTS[-1]}
    async with changed(database, "keyvault.envelopes", "key_id", ids["Eve's for OpenAI"], parts):
        room = await eve.create_room(["gpt-5"])
        await room.post("Whose money is this?")
        await until(room, rounds_ended(1))
        assert [reply.code for reply in room.transcript.replies.values()] == ["KEY_INVALID"]
    assert [record.key for record in stack.simulator.stage.recorder.records() if record.key] == []
