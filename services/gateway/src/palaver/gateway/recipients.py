"""To whom secrets are sealed, and how their answers are opened: with a key pair made for one request."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from palaver.contracts.sealed import Sealed
from palaver.gateway.settings import PublicKeySettings
from palaver.servicekit.sealing import KeyPair, from_base64url, seal, to_base64url

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A service that secrets are sealed to: the public half of its key pair."""

    key_id: str
    public: bytes

    @classmethod
    def of(cls, settings: PublicKeySettings) -> "Recipient":
        """From settings. Raises ValueError."""
        return cls(settings.key_id, from_base64url(settings.public_key))

    def seal(self, payload: T, *, context: str) -> Sealed[T]:
        """Only that service can open it, and only in this context."""
        return seal(payload, public=self.public, key_id=self.key_id, context=context)


def reply_key_of(keys: KeyPair) -> str:
    """The public half as a request carries it: unpadded base64url."""
    return to_base64url(keys.public)
