"""Envelopes: what holds the secrets. One leaves its table for a lease, or to be wrapped anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import KeyId
from palaver.keyvault import store
from palaver.keyvault.domain import Key
from palaver.keyvault.envelope import Envelope
from palaver.keyvault.tables import envelopes, keys


async def add(conn: AsyncConnection, key_id: KeyId, envelope: Envelope) -> None:
    """The envelope of a new key."""
    await conn.execute(
        insert(envelopes).values(
            key_id=key_id,
            kek_version=envelope.kek_version,
            wrapped_key=envelope.wrapped_key,
            ciphertext=envelope.ciphertext,
        )
    )


async def envelope_of(conn: AsyncConnection, key_id: KeyId) -> Envelope | None:
    """What holds the secret; None if the key is gone."""
    row = (await conn.execute(select(envelopes).where(envelopes.c.key_id == key_id))).first()
    return None if row is None else Envelope(row.kek_version, row.wrapped_key, row.ciphertext)


@dataclass(frozen=True, slots=True)
class Stored:
    """An envelope and the key that it belongs to."""

    key: Key
    envelope: Envelope


async def older_than(conn: AsyncConnection, version: int, *, after: str, limit: int) -> Sequence[Stored]:
    """Envelopes that older KEKs wrap, by key id after the given one."""
    statement = (
        select(envelopes, *store.COLUMNS)
        .join_from(envelopes, keys)
        .where(envelopes.c.kek_version < version, envelopes.c.key_id > after)
        .order_by(envelopes.c.key_id)
        .limit(limit)
    )
    return [
        Stored(store.key_of(row), Envelope(row.kek_version, row.wrapped_key, row.ciphertext))
        for row in await conn.execute(statement)
    ]


async def exchange(conn: AsyncConnection, stored: Stored, fresh: Envelope) -> bool:
    """Another wrapping of the same secret, if it is still the one that was read."""
    old = stored.envelope
    same = (
        (envelopes.c.key_id == stored.key.id)
        & (envelopes.c.kek_version == old.kek_version)
        & (envelopes.c.wrapped_key == old.wrapped_key)
    )
    values = {"kek_version": fresh.kek_version, "wrapped_key": fresh.wrapped_key}
    return (await conn.execute(update(envelopes).where(same).values(values))).rowcount == 1


async def by_version(conn: AsyncConnection, *, below: int | None = None) -> Mapping[int, int]:
    """How many envelopes each KEK wraps; below a version, if one is given."""
    statement = select(envelopes.c.kek_version, func.count().label("envelopes")).group_by(envelopes.c.kek_version)
    if below is not None:
        statement = statement.where(envelopes.c.kek_version < below)
    return {row.kek_version: row.envelopes for row in await conn.execute(statement)}
