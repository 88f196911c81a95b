"""To whom secrets are sealed, and how their answers are opened: with a key pair made for one request."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from palaver.contracts.sealed import Sealed
from palaver.servicekit.sealing import KeyPair, from_base64url, key_id_of, seal, to_base64url

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A service that secrets are sealed to: the public half of its key pair."""

    public: bytes

    @classmethod
    def of(cls, public_key: str) -> "Recipient":
        """From a setting in unpadded base64url. Raises ValueError."""
        return cls(from_base64url(public_key))

    def seal(self, payload: T, *, context: str) -> Sealed[T]:
        """Only that service can open it, and only in this context."""
        return seal(payload, public=self.public, key_id=key_id_of(self.public), context=context)


def reply_key_of(keys: KeyPair) -> str:
    """The public half as a request carries it: unpadded base64url."""
    return to_base64url(keys.public)
