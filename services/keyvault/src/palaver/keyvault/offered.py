"""What somebody wants stored: a clear key, or one that their passphrase protects."""

from dataclasses import dataclass, field

from palaver.contracts.key_locks import KeyDerivation, ProtectedKey
from palaver.contracts.keyvault import ProtectKey
from palaver.keyvault import store
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key, Status, hint_of, usable
from palaver.keyvault.errors import (
    another_derivation,
    keys_locked,
    passphrase_wrong,
    unusable_secret,
)
from palaver.keyvault.kms.port import TamperedError
from palaver.keyvault.ports import Clock
from palaver.keyvault.unlocks import Unlocks
from palaver.servicekit.database import Database
from palaver.servicekit.sealing import from_base64url


@dataclass(frozen=True, slots=True)
class Offered:
    """`stored` is what the vault encrypts, the caller wipes it. With a `derivation` it is a client's envelope."""

    hint: str
    stored: bytearray = field(repr=False)
    derivation: KeyDerivation | None = None


def clear_key(secret: str) -> Offered:
    """Raises Failure(VALIDATION_FAILED)."""
    secret = secret.strip()  # copied with its line end, as often as not
    if not usable(secret):
        raise unusable_secret()
    return Offered(hint_of(secret), bytearray(secret.encode()))


class ProtectedKeys:
    """Takes envelopes. All of a person are under one wrapping key; the first one cannot be looked into."""

    def __init__(self, database: Database, unlocks: Unlocks, clock: Clock) -> None:
        self._database = database
        self._unlocks = unlocks
        self._clock = clock

    async def offered(self, request: ProtectKey, protected: ProtectedKey) -> Offered:
        """Raises Failure: VALIDATION_FAILED, CONFLICT for another derivation than that of the other keys, KEY_LOCKED
        while these are locked, PASSPHRASE_WRONG."""
        envelope = protected.envelope
        try:
            stored = bytearray(from_base64url(envelope.nonce) + from_base64url(envelope.ciphertext))
        except ValueError:
            raise unusable_secret() from None
        async with self._database.read() as conn:
            others = await store.protected_by(conn, request.actor.user_id, self._clock())
        hint = protected.hint
        if others:
            [other] = await self._unlocks.settled(others[:1])
            if other.derivation != envelope.derivation:
                raise another_derivation()
            if other.locked:
                raise keys_locked()
            hint = self._looked_into(request, stored, other)
        return Offered(hint, stored, envelope.derivation)

    def _looked_into(self, request: ProtectKey, stored: bytearray, other: Key) -> str:
        """The hint of the key inside."""
        bound = Key(
            id=other.id,
            user_id=request.actor.user_id,
            provider=request.provider,
            host=request.host,
            label="",
            hint="",
            status=Status.ACTIVE,
            created_at=other.created_at,
            unlock_ids=other.unlock_ids,
        )
        try:
            with wiped(self._unlocks.open(bound, stored)) as clear:
                secret = clear.decode(errors="replace")
        except TamperedError:
            raise passphrase_wrong() from None
        except LookupError:  # locked a moment ago
            raise keys_locked() from None
        if not usable(secret):
            raise unusable_secret()
        return hint_of(secret)
