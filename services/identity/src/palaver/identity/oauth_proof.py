"""What an account elsewhere proves, and the secrets of one attempt at it. No I/O."""

import hashlib
import hmac
from dataclasses import dataclass

from palaver.servicekit.sealing import to_base64url


@dataclass(frozen=True, slots=True)
class Proof:
    """Who it is, as the provider says. `email` only where the provider vouches for it."""

    subject: str
    email: str | None
    nickname: str | None


class OAuthRefusedError(Exception):
    """What came back proves nothing. `reason` is for the log and the trail, one word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way. All its secrets follow from the binding, which the browser alone keeps."""

    binding: str

    @property
    def verifier(self) -> str:
        """RFC 7636."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """S256 of the verifier."""
        return to_base64url(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def nonce(self) -> str:
        """OpenID Connect Core, 3.1.2.1."""
        return self._derived("nonce")

    def _derived(self, purpose: str) -> str:
        return to_base64url(hmac.digest(self.binding.encode(), purpose.encode(), "sha256"))
