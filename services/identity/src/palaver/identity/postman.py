"""Sends the mails that wait: again and again with growing pauses, through outages and crashes.

Whether there is an account behind an address is looked up here and not where it is asked for, and the secret of a link
is made here, for the mail alone: what is stored is its digest. A crash between sending and noting it sends a second
mail with a second link; both work until one is used.
"""

import asyncio
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog

from palaver.contracts.passwords import Language
from palaver.identity import audit_events
from palaver.identity.domain import OWNER_EMAIL, Status, User, WaitingMail
from palaver.identity.errors import MailNotSentError
from palaver.identity.mail_texts import reset_mail
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Clock, Mailer
from palaver.identity.store import mails, preferences, resets, users
from palaver.servicekit.tasks import backoff_seconds
from palaver.servicekit.transactions import Transactions, Work

LINK_LIFE = timedelta(minutes=30)
MAX_LINKS = 3
"""Links of one person that could be used at a time; who asks for more gets no further mail until one has expired."""
LEASE = timedelta(minutes=2)
"""Longer than sending takes: so long a mail is one replica's."""
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 600.0
GIVEN_UP_AFTER = timedelta(days=1)
SWEEP_SECONDS = 1.0
MAILED = "password.reset-mail"

_log = structlog.get_logger()


class Postman:
    """Give `run` to the service as a task. Links lead to `page_url`; the secret is in the fragment, which no server is
    sent."""

    def __init__(
        self, transactions: Transactions, mailer: Mailer, metrics: IdentityMetrics, clock: Clock, *, page_url: str
    ) -> None:
        self._transactions = transactions
        self._mailer = mailer
        self._metrics = metrics
        self._clock = clock
        self._page_url = page_url.rstrip("/")
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Something waits."""
        self._nudged.set()

    async def run(self) -> None:
        """For ever. Raises Unavailable."""
        while True:
            self._nudged.clear()
            while await self._next():
                pass
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._nudged.wait()
            except TimeoutError:
                pass

    async def _next(self) -> bool:
        """False if none is due."""
        now = self._clock()
        async with self._transactions.begin() as work:
            waiting = await mails.take(work.conn, now, now + LEASE)
        if waiting is None:
            return False
        secret = new_secret()
        reader = await self._reader(waiting, secret, now)
        if reader is None:
            return True
        user, language = reader
        try:
            await self._mailer.send(self._written(user, secret, language))
        except MailNotSentError as failure:
            await self._fail(waiting, user, secret, failure)
        else:
            await self._done(waiting, user)
        return True

    async def _reader(self, waiting: WaitingMail, secret: str, now: datetime) -> tuple[User, Language] | None:
        """Who gets it; None, and nothing waits any more, if nobody does."""
        async with self._transactions.begin() as work:
            found = await users.with_password(work.conn, waiting.email)
            if found is None or not await self._may_get(work, found[0], now):
                await mails.remove(work.conn, waiting.id)
                self._metrics.mails.labels("nobody").inc()
                return None
            user = found[0]
            await resets.add(work.conn, digest_of(secret), user.id, now + LINK_LIFE)
            return user, (await preferences.read(work.conn, user.id)).language or waiting.language

    def _written(self, user: User, secret: str, language: Language) -> EmailMessage:
        link = f"{self._page_url}/#reset={secret}"
        minutes = int(LINK_LIFE.total_seconds()) // 60
        try:
            return reset_mail(to=user.email, nickname=user.nickname, link=link, minutes=minutes, language=language)
        except ValueError:
            raise MailNotSentError("not an address for mail", final=True) from None

    async def _may_get(self, work: Work, user: User, now: datetime) -> bool:
        """Also the first owner, but never over a mail server: `localhost` would be that server's."""
        if user.status is not Status.ACTIVE or (user.email == OWNER_EMAIL and not self._mailer.local):
            return False
        return await resets.usable(work.conn, user.id, now) < MAX_LINKS

    async def _done(self, waiting: WaitingMail, user: User) -> None:
        async with self._transactions.begin() as work:
            await mails.remove(work.conn, waiting.id)
            await work.say(audit_events.happened(MAILED, user.id, self._clock(), address=waiting.asked_from))
        self._metrics.mails.labels("sent").inc()

    async def _fail(self, waiting: WaitingMail, user: User, secret: str, failure: MailNotSentError) -> None:
        now = self._clock()
        given_up = failure.final or now - waiting.created_at > GIVEN_UP_AFTER
        pause = backoff_seconds(waiting.attempts, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        async with self._transactions.begin() as work:
            await resets.withdraw_one(work.conn, digest_of(secret))
            if given_up:
                await mails.remove(work.conn, waiting.id)
            else:
                await mails.put_back(work.conn, waiting.id, now + timedelta(seconds=pause))
        self._metrics.mails.labels("given_up" if given_up else "postponed").inc()
        _log.warning("mail_not_sent", user_id=user.id, reason=failure.reason, given_up=given_up)
