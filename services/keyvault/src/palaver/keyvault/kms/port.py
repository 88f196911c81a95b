"""What the vault needs of a key-encryption key (KEK), wherever it is kept.

A package of your own brings a key management system by an entry point, e.g. in its pyproject.toml:

    [project.entry-points."palaver.kms"]
    bank-vault = "my_package.bank:BankVault"

and proves it by `palaver.keyvault.testing.kms_conformance`. The operator names it in `PALAVER_KEYVAULT_KMS__<version>`.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr


class TamperedError(Exception):
    """What is stored does not open: a column was changed, or belongs to another row."""


class Kek(Protocol):
    """One key-encryption key. Data keys have 32 bytes; what wraps them is not longer than a kilobyte.

    `binding` is associated data, up to a kilobyte: what was wrapped with one opens with the very same one only. Where a
    system has none, wrap the SHA-256 of the binding together with the data key and compare it.
    """

    async def wrap(self, data_key: bytearray, binding: bytes) -> bytes:
        """Encrypt a data key; twice the same one gives different bytes. Raises Unavailable."""
        ...

    async def unwrap(self, wrapped: bytes, binding: bytes) -> bytearray:
        """The data key again; the caller wipes it. Raises TamperedError for anything else, Unavailable."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MakeKek(Protocol):
    """What an entry point names."""

    def __call__(self, options: Mapping[str, SecretStr]) -> Kek:
        """One KEK by what the operator says of it; nothing is connected yet. Raises ValueError with a sentence for the
        operator, and without any value."""
        ...
