"""Reads the truth after a run: what PostgreSQL and the simulated providers have of it."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from faultlab.journal import Call, Fact, Stored, StoredEntry, StoredMessage, StoredReply, StoredTurn
from faultlab.product import Product

MARK = re.compile(r"Q-\d+-\d+-\d+")

_MESSAGES = """
SELECT session_id, id, kind, client_message_id, text, round, turn_id, finish_reason
FROM session.messages WHERE session_id = ANY($1::uuid[])
"""
_TURNS = """
SELECT session_id, id, model, round, state, attempt, deaths, ending, code
FROM session.turns WHERE session_id = ANY($1::uuid[]) ORDER BY id
"""
_LOG = """
SELECT session_id, seq, name, data, published_at FROM session.session_log WHERE session_id = ANY($1::uuid[])
ORDER BY session_id, seq
"""
_ROUNDS = "SELECT count(*) FROM session.rounds WHERE session_id = ANY($1::uuid[]) AND state <> 'ended'"
_FACTS = """
SELECT turn_id, attempt, call, outcome, estimated, cost FROM analytics.facts
WHERE session_id = ANY($1::uuid[]) AND purpose = 'turn'
"""
_RESERVED = "SELECT turn_id FROM analytics.reservations WHERE session_id = ANY($1::uuid[]) AND purpose = 'turn'"
_BOOKED = "SELECT count(*), coalesce(sum(cost), 0) FROM analytics.facts"
_ROLLED_UP = "SELECT coalesce(sum(requests), 0), coalesce(sum(cost), 0) FROM analytics.rollups"


async def read(product: Product, rooms: Sequence[str]) -> Stored:
    """All that is stored of these rooms, in one snapshot. Raises OSError while the database is down."""
    connection = await asyncpg.connect(product.database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            messages = await connection.fetch(_MESSAGES, rooms)
            booked = await connection.fetchrow(_BOOKED)
            rolled_up = await connection.fetchrow(_ROLLED_UP)
            return Stored(
                messages=[
                    StoredMessage(str(r[0]), str(r[1]), r[3], r[4], r[5]) for r in messages if r["kind"] == "user"
                ],
                replies=[StoredReply(str(r[0]), str(r[6]), r[4], r[7]) for r in messages if r["kind"] == "reply"],
                turns=[StoredTurn(str(r[0]), str(r[1]), *tuple(r)[2:]) for r in await connection.fetch(_TURNS, rooms)],
                log=[_entry(r) for r in await connection.fetch(_LOG, rooms)],
                facts=[
                    Fact(str(r[0]), r[1], r[2], r[3], r[4], str(r[5])) for r in await connection.fetch(_FACTS, rooms)
                ],
                reserved_turns=[str(r[0]) for r in await connection.fetch(_RESERVED, rooms)],
                open_rounds=await connection.fetchval(_ROUNDS, rooms),
                calls_booked=booked[0],
                cost_booked=str(booked[1]),
                calls_rolled_up=int(rolled_up[0]),
                cost_rolled_up=str(rolled_up[1]),
            )
    finally:
        await connection.close()


def _entry(row: Any) -> StoredEntry:
    data = json.loads(row["data"]) if isinstance(row["data"], str) else row["data"]
    return StoredEntry(
        str(row["session_id"]), row["seq"], row["name"], row["published_at"] is not None, data.get("turn_id")
    )


async def calls(product: Product) -> list[Call]:
    """Every chat request that reached a provider since the last `forget_calls`."""
    to_monotonic = time.monotonic() - time.time()
    answer = await product.control.get("/control/requests")
    return [
        Call(
            number=record["number"],
            model=record["model"] or "",
            question=_question(record["body"]),
            text=record["text"],
            completed=record["completed"],
            at=record["at"] + to_monotonic,
            fault=record["fault"],
        )
        for record in answer.json()["requests"]
        if record["body"] is not None
    ]


async def forget_calls(product: Product) -> None:
    """Nothing is armed and nothing recorded."""
    for what in ("requests", "replies", "faults"):
        (await product.control.delete(f"/control/{what}")).raise_for_status()


def _question(body: Any) -> str:
    """The newest mark of a question in the prompt."""
    found = MARK.findall(json.dumps([message for message in body.get("messages", ()) if message.get("role") == "user"]))
    return found[-1] if found else ""
