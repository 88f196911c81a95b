"""Opens what was sealed to this service, and seals answers to whoever asked."""

from typing import TypeVar

from pydantic import BaseModel

from palaver.contracts.identity import SEAL_CONTEXT_ANSWER, SEAL_CONTEXT_REQUEST
from palaver.contracts.sealed import Sealed
from palaver.servicekit.reply_box import ReplyBox
from palaver.servicekit.sealing import KeyPair, unseal

T = TypeVar("T", bound=BaseModel)


class Boxes:
    """The service's end of every sealed request."""

    def __init__(self, keys: KeyPair) -> None:
        self._keys = keys

    def open(self, sealed: Sealed[T], kind: type[T]) -> T:
        """Raises Failure(VALIDATION_FAILED)."""
        return unseal(sealed, kind, keys=self._keys, context=SEAL_CONTEXT_REQUEST)


def reply_to(reply_key: str) -> ReplyBox:
    """A box for the answer to a request. Raises Failure(VALIDATION_FAILED)."""
    return ReplyBox(reply_key, context=SEAL_CONTEXT_ANSWER)
