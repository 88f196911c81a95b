"""Envelopes: what holds the secrets. One leaves its table only by `envelope_of`, for a lease."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import KeyId
from palaver.keyvault.envelope import Envelope
from palaver.keyvault.tables import envelopes


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


async def kek_versions(conn: AsyncConnection) -> Sequence[int]:
    """The key-encryption keys that stored keys need."""
    return (await conn.execute(select(envelopes.c.kek_version).distinct())).scalars().all()
