"""Authenticators' secrets and codes (RFC 6238), and recovery codes. No I/O.

Secrets are encrypted at rest (AES-256-GCM) and bound to their person: one that is put into another's row does not open.
"""

import hashlib
import hmac
import os
import secrets
from base64 import b32encode
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import random_base32
from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from palaver.contracts.ids import UserId
from palaver.identity.domain import User

DIGITS = 6
STEP_SECONDS = 30
TOLERATED_STEPS = 1
"""RFC 6238, 5.2: at most one step of delay; and clocks differ in both directions."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 random bits: too many to search, even by their digests."""
GROUP = 4
ISSUER = "Palaver"
_PURPOSE = b"palaver.identity.second-factor.v1:"
_NONCE_BYTES = 12


class Authenticators:
    """With the key of this installation."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def new(self, user_id: UserId) -> tuple[str, bytes]:
        """A secret of 160 bits in base32, and what is stored of it."""
        secret, nonce = random_base32(), os.urandom(_NONCE_BYTES)
        return secret, nonce + self._cipher.encrypt(nonce, secret.encode(), _PURPOSE + user_id.encode())

    def step_of(self, user_id: UserId, stored: bytes, code: str, now: datetime, *, after: int | None) -> int | None:
        """The time step whose code this is, if it is near and after the last one that was used. Raises InvalidTag."""
        nonce, sealed = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
        secret = self._cipher.decrypt(nonce, sealed, _PURPOSE + user_id.encode()).decode()
        generator, present = HOTP(secret, digits=DIGITS), int(now.timestamp()) // STEP_SECONDS
        found: int | None = None
        for step in range(present - TOLERATED_STEPS, present + TOLERATED_STEPS + 1):
            if hmac.compare_digest(generator.at(step), code) and (after is None or step > after):
                found = step
        return found


def uri_of(user: User, secret: str) -> str:
    """What an authenticator reads from a QR code."""
    return TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=user.email, issuer_name=ISSUER)


def is_authenticators(code: str) -> bool:
    """Six digits; a recovery code is longer."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def new_recovery_codes() -> tuple[str, ...]:
    """As a person writes them down: four letters and digits, four times."""
    return tuple(_grouped(b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES))


def recovery_digest(user_id: UserId, code: str) -> bytes:
    """What is stored of one, however it was written."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(f"{user_id}:{plain}".encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
