"""Opaque secrets: refresh tokens, tickets and one-time codes. Only their digests are kept."""

import hashlib
import secrets

SECRET_BYTES = 32


def new_secret() -> str:
    """256 random bits, as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """What is stored instead of the secret. Plain SHA-256 is enough: 256 random bits cannot be searched."""
    return hashlib.sha256(secret.encode()).digest()
