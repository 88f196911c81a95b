"""Where mails wait that were asked for with an e-mail address: links that set a new password."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from palaver.identity import audit_events
from palaver.identity.domain import OWNER_EMAIL, Status, User
from palaver.identity.mail_texts import addressed, reset_text
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Letter
from palaver.identity.store import preferences, resets, users
from palaver.identity.store.tables import mails
from palaver.servicekit.transactions import Work

LINK_LIFE = timedelta(minutes=30)
MAX_LINKS = 3
"""Links of one person that could be used at a time; who asks for more gets no further mail until one has expired."""
MAILED = "password.reset-mail"


class ResetDesk:
    """See `ports.Desk`. `local` if mails stay on this machine. Links lead to `page_url`; the secret is in the fragment,
    which no server is sent."""

    table = mails

    def __init__(self, page_url: str, *, local: bool) -> None:
        self._page_url = page_url.rstrip("/")
        self._local = local

    async def write(self, work: Work, row: Row[Any], now: datetime) -> Letter | None:
        """See `ports.Desk`."""
        found = await users.with_password(work.conn, row.email)
        if found is None or not await self._may_get(work, found[0], now):
            return None
        user, secret = found[0], new_secret()
        language = (await preferences.read(work.conn, user.id)).language or row.language
        minutes = int(LINK_LIFE.total_seconds()) // 60
        link = f"{self._page_url}/#reset={secret}"
        text = reset_text(language, nickname=user.nickname, link=link, minutes=minutes)
        mail = addressed(user.email, text)
        await resets.add(work.conn, digest_of(secret), user.id, now + LINK_LIFE)
        sent = audit_events.happened(MAILED, user.id, now, address=row.asked_from)
        return Letter(mail, sent, user.id, digest_of(secret))

    async def withdraw(self, work: Work, digest: bytes) -> None:
        """See `ports.Desk`."""
        await resets.withdraw_one(work.conn, digest)

    async def _may_get(self, work: Work, user: User, now: datetime) -> bool:
        """Also the first owner, but never over a mail server: `localhost` would be that server's."""
        if user.status is not Status.ACTIVE or (user.email == OWNER_EMAIL and not self._local):
            return False
        return await resets.usable(work.conn, user.id, now) < MAX_LINKS
