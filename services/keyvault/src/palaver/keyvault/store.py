"""Keys as people know them, with what was used of their quotas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.key_locks import KeyDerivation
from palaver.contracts.key_records import KeyQuota
from palaver.contracts.keyvault import Scope
from palaver.keyvault.domain import Key, Status
from palaver.keyvault.quota import NOTHING_SPENT, Spent, begin_of, day_of
from palaver.keyvault.tables import key_days, keys, unlocks

COLUMNS = tuple(keys.c)
"""What `key_of` reads."""
_SHARED = keys.c.scope == "shared"


async def lock_owner(conn: AsyncConnection, user_id: UserId | None) -> None:
    """One change of a person's keys, or of all shared ones, at a time, so that a limit on their number holds; until
    the transaction ends."""
    name = "shared keys" if user_id is None else f"keys of {user_id}"
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def count_of(conn: AsyncConnection, user_id: UserId | None) -> int:
    """How many keys a person has, or how many shared ones there are."""
    which = _SHARED if user_id is None else (keys.c.user_id == user_id) & ~_SHARED
    return (await conn.execute(select(func.count()).where(which))).scalar_one()


async def add(conn: AsyncConnection, key: Key) -> None:
    """A new key; its envelope goes with it."""
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
            weight=key.weight,
            place=key.place,
            scope=key.scope,
            roles=[role.value for role in key.roles],
            quota=_stored(key.quota),
            derivation=key.derivation and key.derivation.model_dump(mode="json"),
        )
    )


async def change(conn: AsyncConnection, key: Key) -> None:
    """Write what a key's keeper may change."""
    values = {
        "label": key.label,
        "enabled": key.enabled,
        "weight": key.weight,
        "place": key.place,
        "roles": [role.value for role in key.roles],
        "quota": _stored(key.quota),
    }
    await conn.execute(update(keys).where(keys.c.id == key.id).values(values))


async def read(conn: AsyncConnection, key_id: KeyId, now: datetime) -> Key | None:
    """A key, whosever it is: the caller authorises."""
    row = (await conn.execute(_select(now).where(keys.c.id == key_id))).first()
    return None if row is None else _spending(row)


async def lock(conn: AsyncConnection, key_id: KeyId, now: datetime) -> Key | None:
    """The same, locked until the transaction ends."""
    row = (await conn.execute(_select(now).where(keys.c.id == key_id).with_for_update(of=keys))).first()
    return None if row is None else _spending(row)


async def all_of(conn: AsyncConnection, user_id: UserId, now: datetime) -> Sequence[Key]:
    """A person's own keys and all shared ones, oldest first."""
    mine = or_(_SHARED, keys.c.user_id == user_id)
    statement = _select(now).where(mine).order_by(_SHARED, keys.c.created_at, keys.c.id)
    return [_spending(row) for row in await conn.execute(statement)]


async def at_place(conn: AsyncConnection, user_id: UserId, provider: str, host: str, now: datetime) -> Sequence[Key]:
    """A person's own keys for this place and all shared ones, in the order in which they are to be used."""
    statement = (
        _select(now)
        .where(keys.c.provider == provider, keys.c.host == host, or_(_SHARED, keys.c.user_id == user_id))
        .order_by(_SHARED, keys.c.place, keys.c.created_at.desc(), keys.c.id.desc())
    )
    return [_spending(row) for row in await conn.execute(statement)]


async def protected_by(conn: AsyncConnection, user_id: UserId, now: datetime) -> Sequence[Key]:
    """A person's keys that their passphrase protects."""
    statement = _select(now).where(keys.c.user_id == user_id, keys.c.derivation.is_not(None)).order_by(keys.c.id)
    return [_spending(row) for row in await conn.execute(statement)]


async def mark_used(conn: AsyncConnection, key_id: KeyId, now: datetime) -> None:
    """It was lent for a turn."""
    await conn.execute(update(keys).where(keys.c.id == key_id).values(last_used_at=now))


async def set_check(conn: AsyncConnection, key_id: KeyId, status: Status, code: ErrorCode | None, at: datetime) -> None:
    """The newest verdict of the provider."""
    values = {"status": status.value, "check_code": code and code.value, "checked_at": at}
    await conn.execute(update(keys).where(keys.c.id == key_id).values(values))


async def lock_brought(conn: AsyncConnection, user_id: UserId, now: datetime) -> Sequence[Key]:
    """The keys that a person brought, shared ones too, locked until the transaction ends."""
    statement = _select(now).where(keys.c.user_id == user_id).with_for_update(of=keys)
    return [_spending(row) for row in await conn.execute(statement)]


async def hand_over(conn: AsyncConnection, key_id: KeyId, to: UserId) -> None:
    """Somebody else brought this shared key."""
    await conn.execute(update(keys).where(keys.c.id == key_id).values(user_id=to))


async def remove(conn: AsyncConnection, key_id: KeyId) -> None:
    """Delete a key with its envelope."""
    await conn.execute(delete(keys).where(keys.c.id == key_id))


def _select(now: datetime) -> Select[Any]:
    """Keys with what was used of their quotas today and this month, and by what they are unlocked."""
    today = day_of(now)
    this_day = key_days.c.day == today
    spent = (
        select(
            func.coalesce(func.sum(key_days.c.calls).filter(this_day), 0).label("calls_today"),
            func.coalesce(func.sum(key_days.c.calls), 0).label("calls_this_month"),
            func.coalesce(func.sum(key_days.c.cost).filter(this_day), 0).label("dollars_today"),
            func.coalesce(func.sum(key_days.c.cost), 0).label("dollars_this_month"),
        )
        .where(key_days.c.key_id == keys.c.id, key_days.c.day.between(begin_of("month", today), today))
        .lateral("spent")
    )
    unlocked = (
        select(func.array_agg(unlocks.c.id))
        .where(keys.c.derivation.is_not(None), unlocks.c.user_id == keys.c.user_id, unlocks.c.until > now)
        .scalar_subquery()
        .label("unlock_ids")
    )
    return select(keys, unlocked, spent).join_from(keys, spent, true())


def _stored(quota: KeyQuota) -> Mapping[str, Any]:
    return quota.model_dump(mode="json", exclude_none=True)


def key_of(row: Row[Any], spent: Spent = NOTHING_SPENT, unlock_ids: tuple[str, ...] = ()) -> Key:
    """From a row that has the columns of `keys`."""
    scope: Scope = row.scope
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
        enabled=row.enabled,
        weight=row.weight,
        place=row.place,
        scope=scope,
        roles=tuple(Role(role) for role in row.roles),
        quota=KeyQuota.model_validate(row.quota),
        derivation=row.derivation and KeyDerivation.model_validate(row.derivation),
        unlock_ids=unlock_ids,
        spent=spent,
    )


def _spending(row: Row[Any]) -> Key:
    return key_of(
        row,
        Spent(
            int(row.calls_today),
            int(row.calls_this_month),
            Decimal(row.dollars_today),
            Decimal(row.dollars_this_month),
        ),
        tuple(row.unlock_ids or ()),
    )
