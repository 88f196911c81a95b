"""Keys and their envelopes. An envelope leaves its table only by `envelope_of`, for a lease."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.keyvault.domain import Key, Status
from palaver.keyvault.envelope import Envelope
from palaver.keyvault.tables import envelopes, keys


async def lock_owner(conn: AsyncConnection, user_id: UserId) -> None:
    """One change of a person's keys at a time, so that a limit on their number holds; until the transaction ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"keys of {user_id}", 0))))


async def count_of(conn: AsyncConnection, user_id: UserId) -> int:
    """How many keys a person has."""
    return (await conn.execute(select(func.count()).where(keys.c.user_id == user_id))).scalar_one()


async def add(conn: AsyncConnection, key: Key, envelope: Envelope) -> None:
    """A new key."""
    await conn.execute(
        insert(keys).values(
            id=key.id,
            user_id=key.user_id,
            provider=key.provider,
            host=key.host,
            label=key.label,
            hint=key.hint,
            status=key.status.value,
            created_at=key.created_at,
        )
    )
    await conn.execute(
        insert(envelopes).values(
            key_id=key.id,
            kek_version=envelope.kek_version,
            wrapped_key=envelope.wrapped_key,
            ciphertext=envelope.ciphertext,
        )
    )


async def read(conn: AsyncConnection, key_id: KeyId) -> Key | None:
    """A key, whosever it is: the caller authorises."""
    row = (await conn.execute(select(keys).where(keys.c.id == key_id))).first()
    return None if row is None else _key_of(row)


async def lock(conn: AsyncConnection, key_id: KeyId) -> Key | None:
    """The same, locked until the transaction ends."""
    row = (await conn.execute(select(keys).where(keys.c.id == key_id).with_for_update())).first()
    return None if row is None else _key_of(row)


async def all_of(conn: AsyncConnection, user_id: UserId) -> Sequence[Key]:
    """A person's keys, oldest first."""
    statement = select(keys).where(keys.c.user_id == user_id).order_by(keys.c.created_at, keys.c.id)
    return [_key_of(row) for row in await conn.execute(statement)]


async def newest_for(conn: AsyncConnection, user_id: UserId, provider: str, host: str) -> Key | None:
    """The person's newest active key for this place; else the newest of any status, which says why there is none."""
    statement = (
        select(keys)
        .where(keys.c.user_id == user_id, keys.c.provider == provider, keys.c.host == host)
        .order_by((keys.c.status == Status.ACTIVE.value).desc(), keys.c.created_at.desc(), keys.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(statement)).first()
    return None if row is None else _key_of(row)


async def envelope_of(conn: AsyncConnection, key_id: KeyId) -> Envelope | None:
    """What holds the secret; None if the key is gone."""
    row = (await conn.execute(select(envelopes).where(envelopes.c.key_id == key_id))).first()
    return None if row is None else Envelope(row.kek_version, row.wrapped_key, row.ciphertext)


async def mark_used(conn: AsyncConnection, key_id: KeyId, now: datetime) -> None:
    """It was lent for a turn."""
    await conn.execute(update(keys).where(keys.c.id == key_id).values(last_used_at=now))


async def set_check(conn: AsyncConnection, key_id: KeyId, status: Status, code: ErrorCode | None, at: datetime) -> None:
    """The newest verdict of the provider."""
    values = {"status": status.value, "check_code": code and code.value, "checked_at": at}
    await conn.execute(update(keys).where(keys.c.id == key_id).values(values))


async def remove(conn: AsyncConnection, key_id: KeyId) -> None:
    """Delete a key with its envelope."""
    await conn.execute(delete(keys).where(keys.c.id == key_id))


async def kek_versions(conn: AsyncConnection) -> Sequence[int]:
    """The key-encryption keys that stored keys need."""
    return (await conn.execute(select(envelopes.c.kek_version).distinct())).scalars().all()


def _key_of(row: Row[Any]) -> Key:
    return Key(
        id=KeyId(row.id),
        user_id=UserId(row.user_id),
        provider=row.provider,
        host=row.host,
        label=row.label,
        hint=row.hint,
        status=Status(row.status),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        checked_at=row.checked_at,
        check_code=ErrorCode(row.check_code) if row.check_code else None,
    )
