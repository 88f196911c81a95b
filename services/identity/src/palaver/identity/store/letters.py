"""Letters that wait to be mailed: to who is invited, and to people about their accounts. They hold no secret."""

from datetime import datetime
from typing import Literal

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import InvitationId, UserId, new_id
from palaver.contracts.passwords import Language
from palaver.identity.store.tables import letters

Kind = Literal["invitation", "second-factor-reset"]


async def add(
    conn: AsyncConnection,
    kind: Kind,
    now: datetime,
    *,
    user_id: UserId | None = None,
    invitation_id: InvitationId | None = None,
    language: Language = "en",
) -> None:
    """`language` is for who has no settings here that say another."""
    await conn.execute(
        insert(letters).values(
            id=new_id(),
            kind=kind,
            user_id=user_id,
            invitation_id=invitation_id,
            language=language,
            attempts=0,
            created_at=now,
            due_at=now,
        )
    )
