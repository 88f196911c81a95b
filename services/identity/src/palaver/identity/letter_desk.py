"""Where letters wait: to whoever is invited, and to people about what was done to their accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from palaver.contracts.ids import InvitationId, UserId
from palaver.identity import audit_events
from palaver.identity.domain import OWNER_EMAIL, Status
from palaver.identity.invitations import link_of
from palaver.identity.mail_texts import addressed, factor_reset_text, invitation_text
from palaver.identity.opaque import digest_of, new_secret
from palaver.identity.ports import Letter
from palaver.identity.store import invitations, preferences, users
from palaver.identity.store.tables import letters
from palaver.servicekit.transactions import Work

INVITED, TOLD = "invitation.mail", "second-factor.reset-mail"


class LetterDesk:
    """See `ports.Desk`. `local` if mails stay on this machine."""

    table = letters

    def __init__(self, page_url: str, *, local: bool) -> None:
        self._page_url = page_url.rstrip("/")
        self._local = local

    async def write(self, work: Work, row: Row[Any], now: datetime) -> Letter | None:
        """See `ports.Desk`."""
        if row.kind == "invitation":
            return await self._invitation(work, row, now)
        return await self._notice(work, row, now)

    async def withdraw(self, work: Work, digest: bytes) -> None:
        """See `ports.Desk`."""
        await invitations.withdraw_code(work.conn, digest)

    async def _invitation(self, work: Work, row: Row[Any], now: datetime) -> Letter | None:
        invitation = await invitations.lock(work.conn, InvitationId(row.invitation_id))
        if invitation is None or invitation.email is None or invitation.state(now) != "open":
            return None
        inviter, secret = await users.read(work.conn, invitation.created_by), new_secret()
        text = invitation_text(
            row.language,
            inviter=inviter.nickname if inviter else "",
            link=link_of(self._page_url, secret),
            until=invitation.expires_at,
        )
        mail = addressed(invitation.email, text)
        await invitations.add_code(work.conn, digest_of(secret), invitation.id)
        return Letter(mail, audit_events.mailed(INVITED, "invitation", invitation.id, now), None, digest_of(secret))

    async def _notice(self, work: Work, row: Row[Any], now: datetime) -> Letter | None:
        user = await users.read(work.conn, UserId(row.user_id))
        if user is None or user.status is Status.DELETED or (user.email == OWNER_EMAIL and not self._local):
            return None
        language = (await preferences.read(work.conn, user.id)).language or row.language
        mail = addressed(user.email, factor_reset_text(language, nickname=user.nickname))
        return Letter(mail, audit_events.mailed(TOLD, "user", user.id, now), user.id)
