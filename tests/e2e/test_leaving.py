"""Somebody deletes their account on the running whole: afterwards every table of every service is searched for them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from palaver.cli.testing.eavesdropping import dump_redis
from palaver.cli.testing.secret_search import Evidence
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.client_protocol import SUBPROTOCOL, CloseCode
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = pytest.mark.e2e

QUESTION = "Where is the treasure of the Quetzal buried?"
ANSWER = "Below the marmalade lighthouse, I should think."
PROMPT = "Speak like a retired corsair."
PERSONA = "Never trusts a parrot."
TITLE = "Expedition Umbrella"


@asynccontextmanager
async def _connected(stack: Stack) -> AsyncGenerator[Any]:
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    try:
        yield connection
    finally:
        await connection.close()


async def tables_with(stack: Stack, *needles: str) -> dict[str, set[str]]:
    """Table → which of these it holds, in any column of any row."""
    found: dict[str, set[str]] = {}
    async with _connected(stack) as connection:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for table in tables:
            for row in await connection.fetch(f"SELECT * FROM {table['name']}"):  # noqa: S608 - quoted by Postgres
                values = [v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in row.values()]
                hits = {needle for needle in needles for value in values if needle in value}
                if hits:
                    found.setdefault(table["name"], set()).update(hits)
    return found


async def lived_in(palaver: Palaver) -> str:
    """Leave traces everywhere; gives a room's id."""
    seats = (NewParticipant(model="sim-swift", system_prompt=PROMPT), NewParticipant(model="sim-sage"))
    session = await palaver.rest.create_session(seats, system_prompt=PROMPT, title=TITLE)
    await palaver.rest.create_persona("Parrot", system_prompt=PERSONA)
    await palaver.rest.post(
        "/api/v1/keys", {"provider": "openai", "api_key": "sk-a-key-of-ada-4f1c9e07", "label": TITLE}
    )
    await palaver.rest.call("PUT", "/api/v1/users/me/settings", {"settings": {"theme": "dark"}})
    room = await palaver.room(session)
    message = await room.post(QUESTION)
    async for _ in room.progress(message.branch, message.round):
        pass
    await palaver.rest.pin(message.id)
    return session.id


async def test_nothing_of_somebody_who_left_is_found_in_any_table(stack: Stack):
    for model in ("sim-swift", "sim-sage"):
        stack.simulator.stage.scripts.arm(Script(model=model, text=ANSWER, count=10))
    async with await stack.person("Ada") as ada, await stack.person("Bob") as bob:
        person = ada.rest.signed_in.user
        room, bobs = (
            await lived_in(ada),
            await bob.rest.create_session((NewParticipant(model="sim-oak"),), title="Bob's"),
        )
        needles = (person.id, person.email, room, QUESTION, ANSWER, PROMPT, PERSONA, TITLE)
        before = await tables_with(stack, *needles)
        assert set.union(*before.values()) == set(needles), "the search is blind"
        assert {"identity", "session", "context", "keyvault", "analytics"} == {name.split(".")[0] for name in before}

        ticket = (await ada.rest.post("/api/v1/auth/ticket", {}))["ticket"]
        url = stack.url.replace("http", "ws", 1) + f"/ws?ticket={ticket}"
        async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None) as socket:
            await socket.recv()
            with pytest.raises(Failure) as refused:
                await ada.rest.call("DELETE", "/api/v1/users/me", {"password": "not my password"})
            assert refused.value.code is ErrorCode.INVALID_CREDENTIALS
            await ada.rest.call("DELETE", "/api/v1/users/me", {"password": PASSWORD})
            async with asyncio.timeout(5):
                await socket.wait_closed()
            assert socket.close_code == CloseCode.UNAUTHENTICATED
        with pytest.raises(Failure) as refused:
            await ada.rest.sessions()
        assert refused.value.code in {ErrorCode.SIGN_IN_ENDED, ErrorCode.UNAUTHENTICATED}

        kept = {"identity.users": {person.id}, "identity.audit": {person.id}, "context.rooms": {room}}
        async with asyncio.timeout(30):
            while await tables_with(stack, *needles) != kept:  # noqa: ASYNC110 - rows in databases
                await asyncio.sleep(0.2)
        async with _connected(stack) as connection:
            theirs = await connection.fetch("SELECT address FROM identity.audit WHERE actor_id = $1", person.id)
            assert {row["address"] for row in theirs} == {None}
            spent = await connection.fetchval("SELECT count(*) FROM analytics.facts")
        assert spent >= 2, "what was spent stays in the books"
        assert [session.id for session in await bob.rest.sessions()] == [bobs.id]
    redis = Evidence()
    await dump_redis(stack, redis)
    assert {text: found for text in (person.email, QUESTION, ANSWER) if (found := redis.traces(text))} == {}
