"""Unlocking the keys that a passphrase protects; the passphrase itself stays with the client.

Not for `Idempotency-Key`: repeating does no harm, and nothing of such a request is to be remembered.
"""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, Field, SecretStr
from pydantic_core import PydanticCustomError

from palaver.contracts.key_locks import (
    KEYS_LOCK,
    KEYS_UNLOCK,
    LOCK_GET,
    SEAL_CONTEXT_UNLOCK,
    WRAPPING_KEY,
    LockKeys,
    LockState,
    ReadLock,
    UnlockKeys,
    WrappingKey,
)
from palaver.gateway.api.account import limited_proof
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/keys", tags=["keys"])


def _is_wrapping_key(value: SecretStr) -> SecretStr:
    if re.fullmatch(WRAPPING_KEY, value.get_secret_value()) is None:
        raise PydanticCustomError("string_pattern_mismatch", "String should be 32 bytes, unpadded base64url")
    return value


class UnlockBody(BaseModel):
    """What your passphrase becomes by the `derivation`: 32 bytes, unpadded base64url."""

    wrapping_key: Annotated[SecretStr, AfterValidator(_is_wrapping_key)] = Field(
        json_schema_extra={"pattern": WRAPPING_KEY}
    )


@router.get("/lock")
async def read_lock(who: Authenticated, around: Around) -> Envelope[LockState]:
    """Whether your protected keys are unlocked, and how a passphrase becomes what unlocks them."""
    return Envelope(data=await around.broker.ask(LOCK_GET, ReadLock(actor=who.actor)))


@router.post("/unlock", dependencies=[Depends(limited_proof)])
async def unlock_keys(body: UnlockBody, who: Authenticated, around: Around) -> Envelope[LockState]:
    """Use your protected keys until this sign-in ends, and no longer than twelve hours."""
    opened = WrappingKey(key=body.wrapping_key.get_secret_value())
    sealed = around.keyvault.seal(opened, context=SEAL_CONTEXT_UNLOCK)
    request = UnlockKeys(actor=who.actor, sid=who.person.sid, sealed=sealed)
    return Envelope(data=await around.broker.ask(KEYS_UNLOCK, request))


@router.post("/lock")
async def lock_keys(who: Authenticated, around: Around) -> Envelope[LockState]:
    """Use your protected keys no more, whichever of your sign-ins unlocked them."""
    return Envelope(data=await around.broker.ask(KEYS_LOCK, LockKeys(actor=who.actor)))
