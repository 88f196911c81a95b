"""Envelope encryption: a data key per secret, wrapped by a versioned key-encryption key (KEK).

Rotation of the KEK touches the wrapped data key only. Data key and secret are each bound to their row by associated
data, so that no column can be moved to another row unnoticed.
"""

import asyncio
import os
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from palaver.keyvault.aes_gcm import decrypt, encrypt
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key
from palaver.keyvault.kms.port import Kek, TamperedError
from palaver.servicekit.errors import Unavailable

DATA_KEY_BYTES = 32
KMS_SECONDS = 3.0
"""Patience for a key management system: shorter than that of who asks for a lease."""

T = TypeVar("T")


class UnknownKekError(Exception):
    """The settings lack the KEK of this version."""

    def __init__(self, version: int) -> None:
        super().__init__(f"key-encryption key {version} is not in the settings")
        self.version = version


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored. Both byte strings are a nonce, the ciphertext and its tag; a KMS may wrap in its own way."""

    kek_version: int
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Envelopes:
    """Opens with every KEK it is given, seals with the current one. All may raise Unavailable: a KMS is elsewhere."""

    def __init__(self, keks: Mapping[int, Kek], *, current: int) -> None:
        self._keks = dict(keks)
        self.current = current

    def __repr__(self) -> str:
        return f"Envelopes(versions={sorted(self._keks)}, current={self.current})"

    async def encrypt(self, secret: bytearray, key: Key) -> Envelope:
        """Seal a secret for its row. The caller wipes `secret`."""
        with wiped(bytearray(os.urandom(DATA_KEY_BYTES))) as data_key:
            return Envelope(
                self.current,
                await self._wrap(data_key, key),
                encrypt(AESGCM(data_key), secret, key.binding("secret")),
            )

    async def decrypt(self, envelope: Envelope, key: Key) -> bytearray:
        """The secret, to be wiped by the caller. Raises TamperedError, UnknownKekError."""
        with wiped(await self._unwrap(envelope, key)) as data_key:
            return decrypt(AESGCM(data_key), envelope.ciphertext, key.binding("secret"))

    async def rewrap(self, envelope: Envelope, key: Key) -> Envelope:
        """The same secret under the current KEK. Raises TamperedError, UnknownKekError."""
        with wiped(await self._unwrap(envelope, key)) as data_key:
            return replace(envelope, kek_version=self.current, wrapped_key=await self._wrap(data_key, key))

    async def _wrap(self, data_key: bytearray, key: Key) -> bytes:
        return await _in_time(self._keks[self.current].wrap(data_key, _key_binding(key, self.current)))

    async def _unwrap(self, envelope: Envelope, key: Key) -> bytearray:
        version = envelope.kek_version
        kek = self._keks.get(version)
        if kek is None:
            raise UnknownKekError(version)
        data_key = await _in_time(kek.unwrap(envelope.wrapped_key, _key_binding(key, version)))
        if len(data_key) != DATA_KEY_BYTES:
            raise TamperedError
        return data_key


def _key_binding(key: Key, kek_version: int) -> bytes:
    return key.binding(f"data key {kek_version}")


async def _in_time(answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(KMS_SECONDS):
            return await answer
    except TimeoutError:
        raise Unavailable("kms", f"no answer in {KMS_SECONDS} s") from None
