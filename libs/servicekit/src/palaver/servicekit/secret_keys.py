"""Settings that are secret keys of 32 random bytes: a service refuses to start on one that a person typed.

Written as unpadded base64url, 43 characters.
"""

import secrets
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from palaver.servicekit.sealing import from_base64url, to_base64url

KEY_BYTES = 32
MIN_DISTINCT_CHARACTERS = 18
"""43 random characters of 64 have 31.5 different ones on average, fewer than 18 once in 10^10; phrases, repeated words
and zeros do."""
MIN_DISTINCT_BYTES = 20
"""Likewise: 32 random bytes have 30 different ones on average; repeated halves have 16."""

_HOW = "Make one with `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='`."


def _strong(key: SecretStr) -> SecretStr:
    """Raises ValueError with a sentence for the operator; it never shows the key."""
    text = key.get_secret_value()
    try:
        raw = from_base64url(text)
    except ValueError:
        raise ValueError(f"This is not a key: 32 random bytes in unpadded base64url are needed. {_HOW}") from None
    if len(raw) != KEY_BYTES:
        raise ValueError(f"This key has {len(raw)} bytes; 32 random bytes are needed. {_HOW}")
    if len(set(text)) < MIN_DISTINCT_CHARACTERS or len(set(raw)) < MIN_DISTINCT_BYTES:
        raise ValueError(f"This key is weak or a placeholder; 32 random bytes are needed. {_HOW}")
    return key


SecretKey = Annotated[SecretStr, AfterValidator(_strong)]
"""The type of such a setting."""


def raw_key(key: SecretStr) -> bytes:
    """The 32 bytes."""
    return from_base64url(key.get_secret_value())


def new_secret_key() -> SecretStr:
    """A fresh key, as a setting has it."""
    return SecretStr(to_base64url(secrets.token_bytes(KEY_BYTES)))
