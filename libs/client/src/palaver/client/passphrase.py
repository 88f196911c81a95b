"""Keys sealed under a passphrase before they leave this process; `palaver.contracts.key_locks` has the format."""

import base64
import os
import unicodedata
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.key_locks import KeyDerivation, PassphraseEnvelope, binding
from palaver.contracts.limits import MIN_PASSPHRASE_CHARACTERS, MIN_PASSPHRASE_ITERATIONS

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
HINT_CHARACTERS = 4
MIN_HINTED_CHARACTERS = 12
"""Of a shorter key, four characters would be too much of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose key it is, and where alone it may be used."""

    user_id: str
    provider: str
    host: str


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What a passphrase became."""

    derivation: KeyDerivation
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, passphrase: str, derivation: KeyDerivation) -> "Wrapping":
        """A third of a second of work, on purpose; call it in a thread. Raises Failure(VALIDATION_FAILED) for a
        passphrase that is too short."""
        words = unicodedata.normalize("NFKC", passphrase)
        if len(words) < MIN_PASSPHRASE_CHARACTERS:
            raise Failure(
                ErrorCode.VALIDATION_FAILED, f"A passphrase has at least {MIN_PASSPHRASE_CHARACTERS} characters."
            )
        kdf = PBKDF2HMAC(SHA256(), KEY_BYTES, from_base64url(derivation.salt), derivation.iterations)
        return cls(derivation, kdf.derive(words.encode()))

    @property
    def text(self) -> str:
        """As unlocking sends it."""
        return to_base64url(self.key)

    def seal(self, secret: str, place: Place, nonce: bytes | None = None) -> PassphraseEnvelope:
        """A provider key that only this opens. `nonce` is given by tests alone."""
        nonce = os.urandom(NONCE_BYTES) if nonce is None else nonce
        bound = binding(place.user_id, place.provider, place.host)
        ciphertext = AESGCM(self.key).encrypt(nonce, secret.encode(), bound)
        return PassphraseEnvelope(
            derivation=self.derivation, nonce=to_base64url(nonce), ciphertext=to_base64url(ciphertext)
        )

    def open(self, envelope: PassphraseEnvelope, place: Place) -> str:
        """The provider key. Raises Failure(PASSPHRASE_WRONG), also for another place or a changed envelope."""
        bound = binding(place.user_id, place.provider, place.host)
        nonce, ciphertext = from_base64url(envelope.nonce), from_base64url(envelope.ciphertext)
        try:
            return AESGCM(self.key).decrypt(nonce, ciphertext, bound).decode()
        except InvalidTag:
            raise Failure(ErrorCode.PASSPHRASE_WRONG, "This passphrase does not open the key.") from None


def new_derivation() -> KeyDerivation:
    """For a person's first protected key."""
    return KeyDerivation(iterations=MIN_PASSPHRASE_ITERATIONS, salt=to_base64url(os.urandom(SALT_BYTES)))


def hint_of(secret: str) -> str:
    """The last characters of a key, by which people tell their keys apart."""
    return secret[-HINT_CHARACTERS:] if len(secret) >= MIN_HINTED_CHARACTERS else ""


def to_base64url(raw: bytes) -> str:
    """Unpadded."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of unpadded base64url. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
