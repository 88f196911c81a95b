"""Summaries in Postgres, and the side jobs that write them: one at a time for a room and class of windows.

Whatever changes here holds the room's row, as the projection does: a summary never appears of what was deleted
meanwhile, and of two outcomes of one job the first counts.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.context.domain import Place
from palaver.context.summary import Coverage, Job, Summary
from palaver.context.tables import entries, rooms, summaries
from palaver.context.tables import summary_jobs as jobs
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CompletionId, MessageId, SessionId, SummaryId, UserId, new_id
from palaver.contracts.limits import MAX_SUMMARY_VERSIONS
from palaver.servicekit.database import Database


@dataclass(frozen=True, slots=True)
class Seen:
    """Which state of a room a job was planned from."""

    epoch: str
    cursor: int


class SummaryStore:
    """Every method raises Unavailable while Postgres is down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, session_id: SessionId) -> list[Summary]:
        """All of a room, newest version first."""
        query = sa.select(summaries).where(summaries.c.session_id == session_id).order_by(summaries.c.version.desc())
        async with self._database.read() as connection:
            return [_summary(row) for row in await connection.execute(query)]

    # ---- jobs --------------------------------------------------------------------------------------------------------
    async def failures(self, session_id: SessionId, window: int) -> int:
        """How often in a row a job for these windows failed."""
        return (await self._standing(session_id, window, jobs.c.failures)) or 0

    async def may_begin(self, session_id: SessionId, window: int, *, longest: timedelta) -> bool:
        """Whether no other job for these windows runs, for no longer than `longest`, and none failed just now."""
        return (await self._standing(session_id, window, _free(longest))) is not False

    async def _standing(self, session_id: SessionId, window: int, what: sa.ColumnElement[Any]) -> Any:
        query = sa.select(what).where(jobs.c.session_id == session_id, jobs.c.window == window)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar()

    async def begin(self, job: Job, seen: Seen, *, longest: timedelta) -> bool:
        """Take the job on; False where it may not begin (see `may_begin`), or where the room has changed since in ways
        that `seen` does not know.
        """
        values = {
            "completion_id": job.completion_id,
            **_coverage_values(job.coverage),
            "target": job.target,
            "model_id": job.model_id,
            "made_from": job.made_from,
            "begun_at": sa.func.now(),
        }
        statement = insert(jobs).values(session_id=job.session_id, window=job.window, **values)
        statement = statement.on_conflict_do_update(
            index_elements=jobs.primary_key,
            set_=values,
            where=_free(longest),
        ).returning(jobs.c.completion_id)
        async with self._database.transaction() as connection:
            room = await _locked(connection, job.session_id)
            if room is None or room.deleted or room.epoch != seen.epoch or room.cursor > seen.cursor:
                return False
            if job.made_from is not None and await _one(connection, job.session_id, job.made_from) is None:
                return False
            return (await connection.execute(statement)).one_or_none() is not None

    async def written(self, completion_id: CompletionId, text: str, tokens: int, model_id: str) -> Summary | None:
        """Keep what a job brought; None where nobody waits for it any more."""
        async with self._database.transaction() as connection:
            job = await _running(connection, completion_id)
            if job is None:
                return None
            await connection.execute(sa.delete(jobs).where(jobs.c.completion_id == completion_id))
            values = {
                "window": job.window,
                "model_id": model_id,
                "author": None,
                "made_from": job.made_from,
                "text": text,
                "tokens": tokens,
            }
            return await _add(connection, job.session_id, _coverage(job), values)

    async def running(self, completion_id: CompletionId) -> Job | None:
        """The job that waits for this outcome."""
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(jobs).where(jobs.c.completion_id == completion_id))).one_or_none()
            return None if row is None else _job(row)

    async def failed(self, completion_id: CompletionId, pause: timedelta) -> bool:
        """Begin no other one for so long; False where nobody waits for it any more."""
        values = {
            "completion_id": None,
            "failures": jobs.c.failures + 1,
            "not_before": sa.func.now() + pause,
        }
        async with self._database.transaction() as connection:
            statement = sa.update(jobs).where(jobs.c.completion_id == completion_id).values(values)
            return bool((await connection.execute(statement)).rowcount)

    async def dropped(self, completion_id: CompletionId) -> None:
        """The job was never given to anybody."""
        statement = sa.update(jobs).where(jobs.c.completion_id == completion_id).values(completion_id=None)
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    # ---- people ------------------------------------------------------------------------------------------------------
    async def edit(
        self, session_id: SessionId, summary_id: SummaryId, *, author: UserId, text: str, tokens: int
    ) -> Summary:
        """Put a person's words in a version's place; jobs that go on from what was there are given up.

        Raises Failure(NOT_FOUND, CONFLICT).
        """
        async with self._database.transaction() as connection:
            await _locked(connection, session_id)
            old = await _one(connection, session_id, summary_id)
            if old is None:
                raise _unknown()
            later = sa.select(summaries).where(
                summaries.c.session_id == session_id, summaries.c.made_from == summary_id
            )
            for row in await connection.execute(later):
                if (row.author, row.text) == (author, text):
                    return _summary(row)  # the same edit, sent again
                if row.author is not None or row.window == old.window:
                    raise Failure(
                        ErrorCode.CONFLICT,
                        "Another version was made from this one meanwhile. Edit that one.",
                        id=row.id,
                    )
            await connection.execute(sa.delete(jobs).where(jobs.c.session_id == session_id))
            values = {
                "window": old.window,
                "model_id": None,
                "author": author,
                "made_from": summary_id,
                "text": text,
                "tokens": tokens,
            }
            return await _add(connection, session_id, old.coverage, values)

    async def delete(self, session_id: SessionId, summary_id: SummaryId) -> list[Summary]:
        """Delete a version and what models made from it; jobs are given up. Raises Failure(NOT_FOUND)."""
        async with self._database.transaction() as connection:
            await _locked(connection, session_id)
            query = sa.select(summaries).where(summaries.c.session_id == session_id).order_by(summaries.c.version)
            known = [_summary(row) for row in await connection.execute(query)]
            gone: dict[SummaryId, Summary] = {}
            for summary in known:  # by version, so what it was made from comes first
                made = summary.author is None and summary.made_from in gone
                if made or summary.id == summary_id:
                    gone[summary.id] = summary
            if not gone:
                raise _unknown()
            await connection.execute(sa.delete(summaries).where(summaries.c.id.in_(list(gone))))
            await connection.execute(sa.delete(jobs).where(jobs.c.session_id == session_id))
            return list(gone.values())


# ---- in the projection's own transactions ---------------------------------------------------------------------------
async def forget_message(connection: AsyncConnection, session_id: SessionId, message_id: MessageId) -> None:
    """A message is deleted: what was made of it goes, too. The room's row is locked."""
    query = sa.select(entries.c.branch, entries.c.round, entries.c.step, entries.c.rank, entries.c.seq).where(
        entries.c.session_id == session_id, entries.c.message_id == message_id
    )
    places = [(row.branch, Place(row.round, row.step, row.rank, row.seq)) for row in await connection.execute(query)]
    for table, key in ((summaries, summaries.c.id), (jobs, jobs.c.window)):
        rows = await connection.execute(sa.select(table).where(table.c.session_id == session_id))
        concerned = [
            getattr(row, key.name)
            for row in rows
            if any(_coverage(row).contains(branch, place) for branch, place in places)
        ]
        if concerned:
            await connection.execute(sa.delete(table).where(table.c.session_id == session_id, key.in_(concerned)))


async def forget_room(connection: AsyncConnection, session_id: SessionId) -> None:
    """A room is deleted. Its row is locked."""
    for table in (summaries, jobs):
        await connection.execute(sa.delete(table).where(table.c.session_id == session_id))


def _free(longest: timedelta) -> sa.ColumnElement[bool]:
    idle = jobs.c.completion_id.is_(None) | (jobs.c.begun_at < sa.func.now() - longest)
    return idle & (jobs.c.not_before <= sa.func.now())


# ---- statements ------------------------------------------------------------------------------------------------------
async def _locked(connection: AsyncConnection, session_id: SessionId) -> Any:
    query = sa.select(rooms.c.epoch, rooms.c.cursor, rooms.c.deleted).where(rooms.c.session_id == session_id)
    return (await connection.execute(query.with_for_update())).one_or_none()


async def _running(connection: AsyncConnection, completion_id: CompletionId) -> Any:
    """The job's row, with the room locked first: whoever locks the room changes jobs."""
    mine = jobs.c.completion_id == completion_id
    session_id = (await connection.execute(sa.select(jobs.c.session_id).where(mine))).scalar()
    if session_id is None or await _locked(connection, session_id) is None:
        return None
    return (await connection.execute(sa.select(jobs).where(mine))).one_or_none()


async def _one(connection: AsyncConnection, session_id: SessionId, summary_id: SummaryId) -> Summary | None:
    query = sa.select(summaries).where(summaries.c.session_id == session_id, summaries.c.id == summary_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _summary(row)


async def _add(
    connection: AsyncConnection, session_id: SessionId, coverage: Coverage, values: dict[str, Any]
) -> Summary:
    """A new version; the oldest ones beyond `MAX_SUMMARY_VERSIONS` go."""
    number = (
        sa.update(rooms)
        .where(rooms.c.session_id == session_id)
        .values(summaries=rooms.c.summaries + 1)
        .returning(rooms.c.summaries)
    )
    version = (await connection.execute(number)).scalar_one()
    row = {"id": new_id(), "session_id": session_id, "version": version, **_coverage_values(coverage), **values}
    added = (await connection.execute(insert(summaries).values(row).returning(summaries))).one()
    oldest = (
        sa.select(summaries.c.id)
        .where(summaries.c.session_id == session_id)
        .order_by(summaries.c.version.desc())
        .offset(MAX_SUMMARY_VERSIONS)
    )
    await connection.execute(sa.delete(summaries).where(summaries.c.id.in_(oldest)))
    return _summary(added)


def _unknown() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such summary of this conversation.")


def _coverage_values(coverage: Coverage) -> dict[str, Any]:
    return {
        "leaf": coverage.leaf,
        "entries": coverage.entries,
        "fingerprint": coverage.fingerprint,
        "last": coverage.last,
        "reach": {branch: list(place) for branch, place in coverage.reach.items()},
    }


def _coverage(row: Any) -> Coverage:
    reach = {branch: Place(*place) for branch, place in row.reach.items()}
    return Coverage(row.leaf, row.entries, row.fingerprint, row.last, reach)


def _job(row: Any) -> Job:
    return Job(
        completion_id=row.completion_id,
        session_id=row.session_id,
        window=row.window,
        coverage=_coverage(row),
        target=row.target,
        model_id=row.model_id,
        made_from=row.made_from,
    )


def _summary(row: Any) -> Summary:
    return Summary(
        id=row.id,
        session_id=row.session_id,
        version=row.version,
        window=row.window,
        coverage=_coverage(row),
        text=row.text,
        tokens=row.tokens,
        model_id=row.model_id,
        author=row.author,
        made_from=row.made_from,
        created_at=row.created_at,
    )
