"""Sends the mails that wait: again and again with growing pauses, through outages and crashes.

To whom a mail goes and what it says is looked up when it is sent and not where it is asked for, by the desk that it
waits at; the secret of a link is made there too, for the mail alone: what is stored is its digest. A crash between
sending and noting it sends a second mail with a second link; both work.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from palaver.identity.errors import MailNotSentError
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.ports import Clock, Desk, Letter, Mailer
from palaver.identity.store import waiting
from palaver.servicekit.tasks import backoff_seconds
from palaver.servicekit.transactions import Transactions

LEASE = timedelta(minutes=2)
"""Longer than sending takes: so long a mail is one replica's."""
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 600.0
GIVEN_UP_AFTER = timedelta(days=1)
SWEEP_SECONDS = 1.0

_log = structlog.get_logger()


class Postman:
    """Give `run` to the service as a task."""

    def __init__(
        self,
        transactions: Transactions,
        mailer: Mailer,
        metrics: IdentityMetrics,
        clock: Clock,
        desks: Sequence[Desk],
    ) -> None:
        self._transactions = transactions
        self._mailer = mailer
        self._metrics = metrics
        self._clock = clock
        self._desks = desks
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Something waits."""
        self._nudged.set()

    async def run(self) -> None:
        """For ever. Raises Unavailable."""
        while True:
            self._nudged.clear()
            for desk in self._desks:
                while await self._next(desk):
                    pass
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._nudged.wait()
            except TimeoutError:
                pass

    async def _next(self, desk: Desk) -> bool:
        """False if none is due."""
        now = self._clock()
        async with self._transactions.begin() as work:
            row = await waiting.take(work.conn, desk.table, now, now + LEASE)
        if row is None:
            return False
        letter: Letter | None = None
        try:
            async with self._transactions.begin() as work:
                letter = await desk.write(work, row, now)
                if letter is None:
                    await waiting.remove(work.conn, desk.table, row.id)
            if letter is None:
                self._metrics.mails.labels("nobody").inc()
                return True
            await self._mailer.send(letter.mail)
        except MailNotSentError as failure:
            await self._fail(desk, row, letter, failure)
        else:
            await self._done(desk, row, letter)
        return True

    async def _done(self, desk: Desk, row: Row[Any], letter: Letter) -> None:
        async with self._transactions.begin() as work:
            await waiting.remove(work.conn, desk.table, row.id)
            await work.say(letter.sent)
        self._metrics.mails.labels("sent").inc()

    async def _fail(self, desk: Desk, row: Row[Any], letter: Letter | None, failure: MailNotSentError) -> None:
        now = self._clock()
        given_up = failure.final or now - row.created_at > GIVEN_UP_AFTER
        pause = backoff_seconds(row.attempts, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        async with self._transactions.begin() as work:
            if letter is not None and letter.digest is not None:
                await desk.withdraw(work, letter.digest)
            if given_up:
                await waiting.remove(work.conn, desk.table, row.id)
            else:
                await waiting.put_back(work.conn, desk.table, row.id, now + timedelta(seconds=pause))
        self._metrics.mails.labels("given_up" if given_up else "postponed").inc()
        about = letter.about if letter is not None else None
        _log.warning("mail_not_sent", desk=desk.table.name, about=about, reason=failure.reason, given_up=given_up)
