"""Envelope encryption, AES-256-GCM: a data key per secret, wrapped by a versioned key-encryption key (KEK).

Rotation of the KEK touches the wrapped data key only. Data key and secret are each bound to their row by associated
data, so that no column can be moved to another row unnoticed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key

NONCE_BYTES = 12
TAG_BYTES = 16
DATA_KEY_BYTES = 32


class TamperedError(Exception):
    """What is stored does not open: a column was changed, or belongs to another row."""


class UnknownKekError(Exception):
    """The settings lack the KEK of this version."""

    def __init__(self, version: int) -> None:
        super().__init__(f"key-encryption key {version} is not in the settings")
        self.version = version


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored. Both byte strings are a nonce, the ciphertext and its tag."""

    kek_version: int
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Envelopes:
    """Opens with every KEK it is given, seals with the current one."""

    def __init__(self, keks: Mapping[int, bytes], *, current: int) -> None:
        self._keks = {version: AESGCM(kek) for version, kek in keks.items()}
        self._current = current

    def __repr__(self) -> str:
        return f"Envelopes(versions={sorted(self._keks)}, current={self._current})"

    def encrypt(self, secret: bytearray, key: Key) -> Envelope:
        """Seal a secret for its row. The caller wipes `secret`."""
        with wiped(bytearray(os.urandom(DATA_KEY_BYTES))) as data_key:
            return Envelope(
                self._current,
                _encrypt(self._keks[self._current], data_key, _key_binding(key, self._current)),
                _encrypt(AESGCM(data_key), secret, key.binding("secret")),
            )

    def decrypt(self, envelope: Envelope, key: Key) -> bytearray:
        """The secret, to be wiped by the caller. Raises TamperedError, UnknownKekError."""
        kek = self._keks.get(envelope.kek_version)
        if kek is None:
            raise UnknownKekError(envelope.kek_version)
        with wiped(_decrypt(kek, envelope.wrapped_key, _key_binding(key, envelope.kek_version))) as data_key:
            if len(data_key) != DATA_KEY_BYTES:
                raise TamperedError
            return _decrypt(AESGCM(data_key), envelope.ciphertext, key.binding("secret"))


def _key_binding(key: Key, kek_version: int) -> bytes:
    return key.binding(f"data key {kek_version}")


def _encrypt(cipher: AESGCM, clear: bytearray, binding: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, binding)


def _decrypt(cipher: AESGCM, stored: bytes, binding: bytes) -> bytearray:
    clear = bytearray(max(0, len(stored) - NONCE_BYTES - TAG_BYTES))
    try:
        cipher.decrypt_into(stored[:NONCE_BYTES], stored[NONCE_BYTES:], binding, clear)
    except (InvalidTag, ValueError):  # ValueError: too short to be a nonce and a tag
        raise TamperedError from None
    return clear
