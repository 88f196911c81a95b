"""Sealing an answer to whoever asked: to the public key that their request carries."""

from typing import TypeVar

from pydantic import BaseModel

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.sealed import Sealed
from palaver.servicekit.sealing import from_base64url, key_id_of, seal

PUBLIC_KEY_BYTES = 32

T = TypeVar("T", bound=BaseModel)


class ReplyBox:
    """Whoever holds the other half of `public_key` (X25519, unpadded base64url), for the purpose `context`.

    Make it before doing what was asked: nothing should happen for an answer that cannot be given.
    """

    def __init__(self, public_key: str, *, context: str) -> None:
        """Raises Failure(VALIDATION_FAILED)."""
        try:
            self._public = from_base64url(public_key)
        except ValueError:
            raise _not_a_key() from None
        if len(self._public) != PUBLIC_KEY_BYTES:
            raise _not_a_key()
        self._context = context

    def seal(self, payload: T) -> Sealed[T]:
        """Raises Failure(VALIDATION_FAILED) for a key with which nothing secret can be agreed."""
        try:
            return seal(payload, public=self._public, key_id=key_id_of(self._public), context=self._context)
        except ValueError:
            raise _not_a_key() from None


def _not_a_key() -> Failure:
    return Failure(ErrorCode.VALIDATION_FAILED, "The key to seal the answer to is not an X25519 public key.")
