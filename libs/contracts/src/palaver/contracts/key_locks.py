"""Keys that a passphrase protects: what clients make of it, and how the keyvault is told to use such keys.

The format, version 1. A person's wrapping key is PBKDF2-HMAC-SHA-256 of their passphrase (NFKC, UTF-8) under their
salt. A provider key is AES-256-GCM under it, with `binding` as associated data. `vectors/passphrase.json` has examples
that every implementation is tested with. The passphrase never leaves the client.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sealed import Sealed
from palaver.contracts.subjects import Payload, control, query

SEAL_CONTEXT_CREATE_PROTECTED = "keyvault.key.create.protected"
SEAL_CONTEXT_UNLOCK = "keyvault.keys.unlock"
SEAL_CONTEXT_UNLOCKED = "keyvault.keys.unlocked"

_PLAIN = r"^[\x21-\x7e]*$"

Salt = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""16 bytes."""
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16}$")]
"""12 bytes."""
Ciphertext = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{23,5483}$")]
"""1 to 4,096 bytes and a tag of 16."""
WRAPPING_KEY = r"^[A-Za-z0-9_-]{43}$"
"""32 bytes, unpadded base64url."""
WrappingKeyText = Annotated[str, StringConstraints(pattern=WRAPPING_KEY)]
KeyHint = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=4)]
UnlockId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class KeyDerivation(Payload):
    """How a person's passphrase becomes their wrapping key. All their protected keys share it."""

    version: Literal[1] = 1
    iterations: int = Field(ge=limits.MIN_PASSPHRASE_ITERATIONS, le=limits.MAX_PASSPHRASE_ITERATIONS)
    salt: Salt


class PassphraseEnvelope(Payload):
    """A provider key that only its owner's passphrase opens. Texts are unpadded base64url."""

    derivation: KeyDerivation
    nonce: Nonce
    ciphertext: Ciphertext


def binding(user_id: str, provider: str, host: str) -> bytes:
    """Associated data of an envelope: it opens for no other person, provider or host."""
    return "\n".join(("palaver passphrase v1", user_id, provider, host)).encode()


class ProtectedKey(Payload):
    """An envelope with the last characters of the key in it; only ever inside `Sealed`."""

    envelope: PassphraseEnvelope = Field(repr=False)
    hint: KeyHint = ""


class WrappingKey(Payload):
    """What a passphrase became; only ever inside `Sealed`."""

    key: WrappingKeyText = Field(repr=False)


class LockState(Payload):
    """`derivation` is None for who has no protected key; `unlocked_until` is None while they are locked."""

    derivation: KeyDerivation | None = None
    unlocked_until: datetime | None = None


class ReadLock(Payload):
    """Whether the actor's protected keys can be used."""

    actor: Actor


class UnlockKeys(Payload):
    """Use the actor's protected keys until the sign-in `sid` ends, and no longer than `KEY_UNLOCK_SECONDS`."""

    actor: Actor
    sid: SignInId
    sealed: Sealed[WrappingKey]


class LockKeys(Payload):
    """Use the actor's protected keys no more, whichever sign-in unlocked them."""

    actor: Actor


class Unlock(Payload):
    """What every replica of the keyvault knows of an unlock, in memory only; only ever inside `Sealed`."""

    id: UnlockId
    user_id: UserId
    sid: SignInId
    until: AwareDatetime
    key: WrappingKeyText = Field(repr=False)


class KeysUnlocked(Payload):
    """Sealed to the keyvault itself: its replicas share one key pair."""

    sealed: Sealed[Unlock]


class KeysLocked(Payload):
    """These unlocks are over; their wrapping keys are forgotten."""

    unlock_ids: tuple[UnlockId, ...]


class UnlocksWanted(Payload):
    """A replica lacks these, having just started, say; whoever has one says so again."""

    unlock_ids: tuple[UnlockId, ...]


LOCK_GET = query("keyvault.lock.get.v1", ReadLock, LockState, "Whether the actor's protected keys can be used.")
KEYS_UNLOCK = query(
    "keyvault.keys.unlock.v1", UnlockKeys, LockState, "Use the actor's protected keys, this sign-in long."
)
KEYS_LOCK = query("keyvault.keys.lock.v1", LockKeys, LockState, "Use the actor's protected keys no more.")
KEYS_UNLOCKED = control("keyvault.keys.unlocked.v1", KeysUnlocked, "A wrapping key, from replica to replica.")
KEYS_LOCKED = control("keyvault.keys.locked.v1", KeysLocked, "Forget these wrapping keys.")
UNLOCKS_WANTED = control("keyvault.unlocks.wanted.v1", UnlocksWanted, "Who has these wrapping keys?")
