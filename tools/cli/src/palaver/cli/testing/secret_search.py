"""Looks for secrets in whatever a running Palaver writes, sends or keeps: as they are, in base64 and in hexadecimal,
and as the bytes that they stand for."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MIN_DECODED_BYTES = 12
"""Shorter byte strings turn up by accident."""
# Characters of base64 that also depend on what stands before the secret, by its offset in a group of three bytes.
_TORN_AT_START = (0, 2, 3)


class Trace(NamedTuple):
    """Where a secret was found, and how it was written there."""

    place: str
    form: str


@dataclass(slots=True)
class Evidence:
    """Everything that was written, sent or kept, by place."""

    places: dict[str, bytearray] = field(default_factory=dict[str, bytearray])

    def add(self, place: str, found: str | bytes) -> None:
        """One piece of it."""
        into = self.places.setdefault(place, bytearray())
        into += found.encode() if isinstance(found, str) else found
        into += b"\n"

    def traces(self, secret: str) -> set[Trace]:
        """Where the secret stands, in any form."""
        spellings: dict[bytes, str] = {}
        for needle, form in forms(secret):
            spellings.setdefault(needle, form)
        return {
            Trace(place, form)
            for place, found in self.places.items()
            for needle, form in spellings.items()
            if needle in found
        }


def forms(secret: str) -> Iterator[tuple[bytes, str]]:
    """What to search for, with the name of each form."""
    raw = secret.encode()
    yield raw, "clear"
    yield raw.hex().encode(), "hex"
    yield raw.hex().upper().encode(), "HEX"
    for encode, form in ((base64.b64encode, "base64"), (base64.urlsafe_b64encode, "base64url")):
        for offset in range(3):
            yield _core(encode(bytes(offset) + raw), offset, len(raw)), f"{form} at {offset}"
    for decoded in (_decoded(secret), _of_base32(secret)):
        if len(decoded) >= MIN_DECODED_BYTES:
            yield decoded, "decoded"
            yield decoded.hex().encode(), "decoded, in hex"
            yield decoded.hex().upper().encode(), "decoded, in HEX"
            yield base64.b64encode(decoded).rstrip(b"="), "decoded, in base64"
            yield base64.urlsafe_b64encode(decoded).rstrip(b"="), "decoded, in base64url"


def _core(encoded: bytes, offset: int, length: int) -> bytes:
    """The part of an encoding that depends on the secret alone, whatever stands around it."""
    torn_at_end = 0 if (offset + length) % 3 == 0 else 1
    whole = encoded.rstrip(b"=")
    return whole[_TORN_AT_START[offset] : len(whole) - torn_at_end]


def _of_base32(secret: str) -> bytes:
    try:
        return base64.b32decode(secret + "=" * (-len(secret) % 8))
    except (binascii.Error, ValueError):
        return b""


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
