"""A key-encryption key in this process's memory: AES-256-GCM."""

from collections.abc import Mapping
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr, TypeAdapter, ValidationError

from palaver.keyvault.aes_gcm import decrypt, encrypt
from palaver.servicekit.secret_keys import SecretKey, raw_key

_STRONG: TypeAdapter[SecretStr] = TypeAdapter(SecretKey)


class LocalKek:
    """See `port.Kek`. Its option `key` is 32 random bytes in unpadded base64url."""

    def __init__(self, options: Mapping[str, SecretStr]) -> None:
        if set(options) != {"key"}:
            raise ValueError("A local key-encryption key has one option, `key`.")
        try:
            key = _STRONG.validate_python(options["key"])
        except ValidationError as error:
            raise ValueError(error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")) from None
        self._cipher = AESGCM(raw_key(key))

    @classmethod
    def of(cls, key: SecretStr) -> Self:
        """From a setting."""
        return cls({"key": key})

    async def wrap(self, data_key: bytearray, binding: bytes) -> bytes:
        """See `port.Kek`."""
        return encrypt(self._cipher, data_key, binding)

    async def unwrap(self, wrapped: bytes, binding: bytes) -> bytearray:
        """See `port.Kek`."""
        return decrypt(self._cipher, wrapped, binding)

    async def close(self) -> None:
        """Nothing is open."""
