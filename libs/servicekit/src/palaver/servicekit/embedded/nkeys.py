"""Identities on the broker: an ed25519 key whose public half stands in the server's configuration."""

import secrets
from dataclasses import dataclass
from typing import cast

import nkeys
from pydantic import SecretStr

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Nkey:
    """`public` starts with U; `seed` is the secret half."""

    public: str
    seed: SecretStr


def new_nkey() -> Nkey:
    """A fresh user identity."""
    return nkey_from_seed(
        SecretStr(nkeys.encode_seed(secrets.token_bytes(SEED_BYTES), nkeys.PREFIX_BYTE_USER).decode())
    )


def nkey_from_seed(seed: SecretStr) -> Nkey:
    """The identity that this seed stands for."""
    pair = nkeys.from_seed(bytearray(seed.get_secret_value().encode()))
    return Nkey(cast("bytes", pair.public_key).decode(), seed)
