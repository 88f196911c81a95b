"""Somebody who has one of everything, and what of it stands in the tables."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg
import jwt

from attacklab.bodies import Ids
from palaver.cli.testing.broker_access import access
from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.cli.up.secret_store import ADMIN
from palaver.client import Palaver, Room
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.ids import new_id

SECRET_WORDS = "nobody else may read this"
KEY = "sk-a-key-that-the-simulator-takes-0001"
SMALL = "sim-moth"
"""A model whose window is soon full, so that there is a summary."""
OF_THE_VAULT_AND_TRAIL = {"identity.audit"}
"""Tables that an attempt may add to."""
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Belongings:
    """`ids` by the names under which the API takes them; `words` are texts that no answer to a stranger may have."""

    person: Palaver
    room: Room
    ids: Ids
    words: tuple[str, ...]

    @property
    def token(self) -> str:
        """Their access token."""
        return self.person.rest.signed_in.access_token

    @property
    def headers(self) -> dict[str, str]:
        """Of a request in their name."""
        return bearer(self.token)


def bearer(token: str) -> dict[str, str]:
    """Headers with an access token, or what is said to be one."""
    return {"Authorization": f"Bearer {token}"}


def sign_in_of(person: Palaver) -> str:
    """The id of a sign-in, which is also that of the device."""
    return jwt.decode(person.rest.signed_in.access_token, options={"verify_signature": False})["sid"]


async def with_one_of_everything(person: Palaver) -> Belongings:
    """A room with a message, a reply, a summary and a link; a preset, a key, a device."""
    room = await person.create_room([SMALL], system_prompt=f"System prompt: {SECRET_WORDS}")
    summaries: Any = []
    for said in range(1, 40):
        await room.post(f"{SECRET_WORDS} {'again and again ' * 220}")
        await until(room, rounds_ended(said))
        summaries = await person.rest.get(f"/api/v1/chat/context/{room.id}/summaries")
        if summaries:
            break
    await person.rest.share(room.id)
    (share,) = await person.rest.shares(room.id)
    key = await person.rest.post("/api/v1/keys", {"provider": "openai", "api_key": KEY, "label": SECRET_WORDS})
    preset = {"name": "Critic", "slug": f"critic-{new_id()}", "system_prompt": SECRET_WORDS}
    persona = await person.rest.post("/api/v1/personas", preset)
    reply = next(iter(room.transcript.replies.values()))
    (seat,) = (await person.rest.session(room.id)).participants
    user = person.rest.signed_in.user
    sid = sign_in_of(person)
    ids = {
        "session_id": room.id,
        "participant_id": seat.id,
        "to": seat.id,
        "turn_id": reply.turn.turn_id,
        "message_id": next(iter(room.transcript.messages.values())).id,
        "reply_id": reply.turn.reply_id,
        "summary_id": summaries[0]["id"],
        "share_id": share.id,
        "key_id": key["id"],
        "slug": persona["slug"],
        "persona": persona["slug"],
        "device_id": sid,
        "sign_in_id": sid,
        "invitation_id": new_id(),  # members have none
        "user_id": user.id,
        "by": user.id,
        "target_id": user.id,
    }
    return Belongings(person, room, ids, (SECRET_WORDS, reply.text[:40], KEY[-4:], str(user.email)))


def nobodys(ids: Ids) -> Ids:
    """The same kinds of ids, of things that do not exist."""
    return {name: new_id() if _is_uuid(value) else f"no-{new_id()}" for name, value in ids.items()}


def _is_uuid(value: str) -> bool:
    return value.count("-") == 4 and len(value) == 36


async def rows_about(stack: Stack, ids: Ids) -> Counter[tuple[str, str]]:
    """Every row of every table in which one of these ids stands, once all that was ordered is done."""
    await all_done(stack)
    known = set(ids.values())
    found: Counter[tuple[str, str]] = Counter()
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        for table in (row["name"] for row in tables):
            if table in OF_THE_VAULT_AND_TRAIL or table.endswith((".outbox", ".inbox")):
                continue
            for row in await connection.fetch(f"SELECT t::text AS row FROM {table} t"):  # noqa: S608 - quoted by Postgres
                if any(one in row["row"] for one in known):
                    found[table, row["row"]] += 1
    finally:
        await connection.close()
    return found


async def all_done(stack: Stack) -> None:
    """Wait until no durable has anything left, and all events that follow have been heard too."""
    async with (
        access(stack.servers.nats.url, ADMIN, stack.secrets.nkey_seeds[ADMIN]) as one,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        manager = one.client.jsm()
        quiet = 0
        while quiet < 2:
            left = 0
            for durable in DURABLES.values():
                info = await manager.consumer_info(durable.stream.name, durable.name)
                left += (info.num_pending or 0) + (info.num_ack_pending or 0)
            quiet = quiet + 1 if left == 0 else 0
            await asyncio.sleep(0.05)


def differences(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> str:
    """For a person to read; empty if there are none."""
    return json.dumps([[*(before - after)], [*(after - before)]], indent=1) if before != after else ""
