"""AES-256-GCM as this service stores it: a random nonce, the ciphertext, its tag."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from palaver.keyvault.kms.port import TamperedError

NONCE_BYTES = 12
TAG_BYTES = 16


def encrypt(cipher: AESGCM, clear: bytearray, binding: bytes) -> bytes:
    """Under a fresh nonce."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, binding)


def decrypt(cipher: AESGCM, stored: bytes, binding: bytes) -> bytearray:
    """The clear bytes, to be wiped by the caller. Raises TamperedError."""
    clear = bytearray(max(0, len(stored) - NONCE_BYTES - TAG_BYTES))
    try:
        cipher.decrypt_into(stored[:NONCE_BYTES], stored[NONCE_BYTES:], binding, clear)
    except (InvalidTag, ValueError):  # ValueError: too short to be a nonce and a tag
        raise TamperedError from None
    return clear
