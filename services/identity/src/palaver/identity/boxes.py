"""Opens what was sealed to this service, and seals answers to who asked."""

from typing import TypeVar

from pydantic import BaseModel

from palaver.contracts.identity import SEAL_CONTEXT_ANSWER, SEAL_CONTEXT_REQUEST
from palaver.contracts.sealed import Sealed
from palaver.identity.errors import invalid_reply_key
from palaver.servicekit.sealing import KeyPair, from_base64url, key_id_of, seal, unseal

PUBLIC_KEY_BYTES = 32

T = TypeVar("T", bound=BaseModel)


class Boxes:
    """The service's end of every sealed request."""

    def __init__(self, keys: KeyPair) -> None:
        self._keys = keys

    def open(self, sealed: Sealed[T], kind: type[T]) -> T:
        """Raises Failure(VALIDATION_FAILED)."""
        return unseal(sealed, kind, keys=self._keys, context=SEAL_CONTEXT_REQUEST)


class ReplyBox:
    """Whoever holds the other half of a request's `reply_key`. Made first: nothing is done for an answer that could
    not be given."""

    def __init__(self, reply_key: str) -> None:
        """Raises Failure(VALIDATION_FAILED)."""
        try:
            self._public = from_base64url(reply_key)
        except ValueError:
            raise invalid_reply_key() from None
        if len(self._public) != PUBLIC_KEY_BYTES or not any(self._public):
            raise invalid_reply_key()

    def seal(self, payload: T) -> Sealed[T]:
        """Raises Failure(VALIDATION_FAILED) for a key that is no point to agree on."""
        try:
            return seal(payload, public=self._public, key_id=key_id_of(self._public), context=SEAL_CONTEXT_ANSWER)
        except ValueError:
            raise invalid_reply_key() from None
