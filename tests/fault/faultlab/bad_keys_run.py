"""One run over bad keys: rooms are asked at a steady pace while keys, providers and workers fail, then all is read."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg

from faultlab import stores
from faultlab.bad_keys import CATALOGUE, KEYS, PLAYED_BY, ROOMS, UPSTREAM, wave
from faultlab.campaign import product_running
from faultlab.key_judge import WORKER_PATIENCE_SECONDS, Booked, Ended, Evidence, Served
from faultlab.product import Product
from faultlab.rotating import store_key
from palaver.client import Palaver
from palaver.contracts.failures import TRAITS, Failure
from palaver.contracts.ids import SessionId, new_id
from palaver.contracts.session import NewParticipant

SEATS = 5
ROUNDS_PER_WAVE = 10
MAX_MORE_ROUNDS = 8
MID_ANSWER_SECONDS = 10.0
PATIENCE_SECONDS = 240.0
POLL_SECONDS = 0.2
ROUTER: dict[str, Any] = {
    "limits": {
        "first_token_seconds": WORKER_PATIENCE_SECONDS,
        "gap_seconds": WORKER_PATIENCE_SECONDS,
        "connect_seconds": 10.0,
    }
}
PLENTY_RECORDED = {"MAX_RECORDS": "10000"}
_TURNS = """
SELECT turns.id, turns.ending, turns.code,
  (SELECT count(*) FROM session.session_log AS log WHERE log.session_id = turns.session_id
     AND log.name IN ('reply.appended', 'turn.failed', 'turn.stopped')
     AND coalesce(log.data ->> 'turn_id', log.data -> 'reply' ->> 'turn_id') = turns.id::text) AS log_ends,
  (SELECT coalesce(sum(length(text)), 0) FROM session.messages WHERE turn_id = turns.id) AS characters
FROM session.turns WHERE session_id = ANY($1::uuid[])
"""
_ENDED = "SELECT count(*) FROM session.turns WHERE session_id = ANY($1::uuid[]) AND state = 'ended'"
_RESERVED = "SELECT count(*) FROM analytics.reservations"
_FACTS = """
SELECT key_id, model_id, extract(epoch FROM started_at)::float8, outcome, estimated, tokens_output
FROM analytics.facts WHERE purpose = 'turn'
"""


@dataclass(slots=True)
class BadKeysRun:
    """`turns` are asked in rounds of one room, `pace` seconds apart."""

    product: Product
    person: Palaver
    turns: int
    pace: float
    seed: int
    posts: int = 0

    async def run(self) -> Evidence:
        """Returns what it left behind. Raises TimeoutError if that never comes to rest."""
        seen = Evidence()
        names = {await store_key(self.person, key): key.name for key in KEYS}
        rooms = [await self._room(model) for model in ROOMS]
        await stores.forget_calls(self.product)
        rounds = -(-self.turns // SEATS) - len(rooms)
        deaths = {rounds // 3, 2 * rounds // 3}
        async with asyncio.TaskGroup() as restarts:
            for number in range(rounds):
                if number % ROUNDS_PER_WAVE == 0 and rounds - number >= ROUNDS_PER_WAVE // 2:
                    await self._arm(number // ROUNDS_PER_WAVE, min(ROUNDS_PER_WAVE, rounds - number))
                await self._post(rooms[number % len(rooms)])
                if number in deaths:
                    restarts.create_task(self._kill(seen))
                await asyncio.sleep(self.pace)
                if (number + 1) % ROUNDS_PER_WAVE == 0:
                    await self._try_keys(names, seen)
        await self._rest(rooms)
        await self._let_all_strike(rooms, names, seen)
        (await self.product.control.delete("/control/faults")).raise_for_status()
        await self._try_keys(names, seen)
        for room in rooms:
            await self._post(room)
            await asyncio.sleep(self.pace)
        await self._rest(rooms)
        await self._read(seen, rooms, names)
        return seen

    # ---- what people do ----------------------------------------------------------------------------------------------

    async def _room(self, model: str) -> SessionId:
        return (await self.person.rest.create_session(tuple(NewParticipant(model=model) for _ in range(SEATS)))).id

    async def _post(self, room: SessionId) -> None:
        self.posts += 1
        await self._insist(
            "/api/v1/messages", {"session_id": room, "client_message_id": new_id(), "content": "Is tea good?"}
        )

    async def _try_keys(self, key_ids: Iterable[str], seen: Evidence) -> None:
        began = time.time()
        for key_id in key_ids:
            assert (await self._insist(f"/api/v1/keys/{key_id}/validate", {}))["valid"]
        seen.tried.append((began, time.time()))

    async def _insist(self, path: str, body: dict[str, Any]) -> Any:
        """A worker that has just died takes what was asked of it with it; so a person asks again."""
        while True:
            try:
                return await self.person.rest.post(path, body)
            except Failure as failure:
                if not TRAITS[failure.code].retryable:
                    raise

    # ---- what fails --------------------------------------------------------------------------------------------------

    async def _arm(self, number: int, rounds: int) -> None:
        (await self.product.control.delete("/control/faults")).raise_for_status()
        for fault in wave(number, self.seed, rounds * self.pace):
            (await self.product.control.post("/control/faults", json=fault)).raise_for_status()

    async def _kill(self, seen: Evidence) -> None:
        workers = self.product.processes["model-router"]
        worker = workers[len(seen.killed_at) % len(workers)]
        await self._until_answers_run()
        seen.killed_at.append(time.time())
        await worker.kill()
        await worker.start()

    async def _let_all_strike(self, rooms: Sequence[SessionId], key_ids: Iterable[str], seen: Evidence) -> None:
        """What is still armed waits for a key that is out, or was not called since: on a slow machine that is much."""
        for _ in range(MAX_MORE_ROUNDS):
            armed = (await self.product.control.get("/control/faults")).json()["armed"]
            if not armed:
                return
            await self._try_keys(key_ids, seen)
            for room in rooms[:2]:
                await self._post(room)
            await self._rest(rooms)

    async def _until_answers_run(self) -> None:
        """A worker's death is to hurt; but where nothing answers at the moment, it dies all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MID_ANSWER_SECONDS):
                while not any(map(_running, await self._requests())):  # noqa: ASYNC110 - it is told to nobody
                    await asyncio.sleep(POLL_SECONDS)

    async def _requests(self) -> list[dict[str, Any]]:
        answer = await self.product.control.get("/control/requests")
        return [record for record in answer.json()["requests"] if record["body"] is not None]

    # ---- what is left ------------------------------------------------------------------------------------------------

    async def _rest(self, rooms: Sequence[SessionId]) -> None:
        """Return once all turns have ended and are booked."""
        turns = self.posts * SEATS
        connection = await asyncpg.connect(self.product.database_url)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await _at_rest(connection, rooms, turns):  # noqa: ASYNC110 - what is stored calls nobody
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            await connection.close()

    async def _read(self, seen: Evidence, rooms: Sequence[SessionId], names: Mapping[str, str]) -> None:
        connection = await asyncpg.connect(self.product.database_url)
        try:
            turns, facts = await connection.fetch(_TURNS, rooms), await connection.fetch(_FACTS)
        finally:
            await connection.close()
        seen.turns = [Ended(str(row["id"]), *tuple(row)[1:]) for row in turns]
        seen.booked = [
            Booked(None if row[0] is None else names[str(row[0])], UPSTREAM[row[1]], *tuple(row)[2:]) for row in facts
        ]
        seen.served = [_served(record) for record in await self._requests()]


async def _at_rest(connection: asyncpg.Connection, rooms: Sequence[SessionId], turns: int) -> bool:
    ended, reserved = await connection.fetchval(_ENDED, rooms), await connection.fetchval(_RESERVED)
    return (ended or 0) >= turns and not reserved


def _running(record: Mapping[str, Any]) -> bool:
    return record["first_token_at"] is not None and record["finished_at"] is None


def _served(record: Mapping[str, Any]) -> Served:
    return Served(
        key=next(key.name for key in KEYS if key.trace == record["key"]["sha256"]),
        model=record["model"],
        at=record["at"],
        fault=record["fault"],
        asked_seconds=record["asked_seconds"],
        completed=record["completed"],
        ended_at=record["client_closed_at"] or record["finished_at"],
        tokens_output=record["tokens_sent"],
    )


@asynccontextmanager
async def keyed_product(
    directory: Path,
    *,
    router: Mapping[str, Any] = MappingProxyType({}),
    copies: Mapping[str, int] = MappingProxyType({}),
) -> AsyncGenerator[Product]:
    """A product whose two models need keys; with two workers, and one of each other service unless `copies` says so."""
    catalogue = directory / "catalogue.toml"
    catalogue.write_text(CATALOGUE)
    async with product_running(
        1,
        router={**router, "catalogue_file": str(catalogue)},
        keyed=PLAYED_BY,
        simulator=PLENTY_RECORDED,
        copies={"gateway": 1, "session": 1, **copies},
    ) as product:
        yield product
