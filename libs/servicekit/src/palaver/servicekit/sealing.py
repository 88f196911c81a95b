"""Boxes that only the holder of one private key can open: how secrets cross the broker.

X25519 with a fresh key per box, HKDF-SHA256, AES-256-GCM. The recipient's and the fresh public key go into the key
derivation, and `context` into the associated data, so a box cannot be opened for another purpose or by another key.
"""

import base64
import binascii
import hashlib
import os
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.sealed import Sealed

T = TypeVar("T", bound=BaseModel)

_INFO = b"palaver sealed v1"
_NONCE_BYTES = 12
_AES_KEY_BYTES = 32
_KEY_ID_BYTES = 8


class KeyPair:
    """An X25519 key pair. `public` are 32 raw bytes, `key_id` is derived from them; the private half stays inside."""

    __slots__ = ("_private", "key_id", "public")

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public)

    def __repr__(self) -> str:
        return f"KeyPair(key_id={self.key_id!r})"

    @classmethod
    def generate(cls) -> "KeyPair":
        """A fresh pair."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_private(cls, raw: bytes) -> "KeyPair":
        """The pair of 32 raw private bytes. Raises ValueError for any other length."""
        return cls(X25519PrivateKey.from_private_bytes(raw))

    def private_bytes(self) -> bytes:
        """The 32 raw private bytes, to be kept as a secret."""
        return self._private.private_bytes_raw()

    def shared_key(self, ephemeral: bytes) -> bytes:
        """The AES key of a box that was sealed to this pair with that fresh public key. Raises ValueError."""
        secret = self._private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        return _derive(secret, ephemeral, self.public)


def key_id_of(public: bytes) -> str:
    """A short name of a public key: the start of its SHA-256, in base64url."""
    return to_base64url(hashlib.sha256(public).digest()[:_KEY_ID_BYTES])


def seal(payload: T, *, public: bytes, key_id: str, context: str) -> Sealed[T]:
    """Seal `payload` to the holder of `public`, for the purpose `context`, e.g. "keyvault.key.create:<user>".

    Raises ValueError for fields of type SecretStr or SecretBytes: they would be sealed as their mask.
    """
    if any(isinstance(value, SecretStr | SecretBytes) for _, value in payload):
        raise ValueError(f"{type(payload).__name__} masks its secret; use plain strings inside a box")
    fresh = X25519PrivateKey.generate()
    ephemeral = fresh.public_key().public_bytes_raw()
    key = _derive(fresh.exchange(X25519PublicKey.from_public_bytes(public)), ephemeral, public)
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, payload.model_dump_json().encode(), context.encode())
    return Sealed[T](
        key_id=key_id,
        ephemeral=to_base64url(ephemeral),
        nonce=to_base64url(nonce),
        ciphertext=to_base64url(ciphertext),
    )


def unseal(sealed: Sealed[T], kind: type[T], *, keys: KeyPair, context: str) -> T:
    """Open a box. Raises Failure(VALIDATION_FAILED), always the same, if it is not for this key, purpose and type."""
    try:
        key = keys.shared_key(from_base64url(sealed.ephemeral))
        nonce, ciphertext = from_base64url(sealed.nonce), from_base64url(sealed.ciphertext)
        return kind.model_validate_json(AESGCM(key).decrypt(nonce, ciphertext, context.encode()))
    except (InvalidTag, ValidationError, ValueError, binascii.Error) as error:
        # `from None`: a validation error would carry what was inside.
        failure = Failure(ErrorCode.VALIDATION_FAILED, "This secret was not sealed for here.")
        failure.add_note(type(error).__name__)
        raise failure from None


def to_base64url(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of unpadded base64url. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _derive(secret: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), _AES_KEY_BYTES, salt=None, info=_INFO + ephemeral + public).derive(secret)
