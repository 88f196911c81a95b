"""Passwords: argon2id, in threads, a limited number at a time."""

import asyncio
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from prometheus_client import Histogram

from palaver.identity.opaque import new_secret


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the password was right; `new_hash` replaces the stored one if that has other parameters than today's."""

    right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks. A `Resource`: starting it makes the decoy."""

    def __init__(
        self, *, memory_kib: int, iterations: int, parallelism: int, max_concurrent: int, seconds: Histogram
    ) -> None:
        self._hasher = PasswordHasher(time_cost=iterations, memory_cost=memory_kib, parallelism=parallelism)
        self._places = asyncio.Semaphore(max_concurrent)
        self._seconds = seconds
        self._decoy = ""

    async def start(self) -> None:
        """Make the hash that is checked when there is nobody to check."""
        self._decoy = await self.hash(new_secret())

    async def stop(self) -> None:
        """Nothing to close."""

    async def hash(self, password: str) -> str:
        """The PHC string to store."""
        async with self._places:
            with self._seconds.time():
                return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def check(self, password: str, stored: str | None) -> Checked:
        """Compare with a stored hash.

        With None the same work is done for nothing, so that time tells nobody whether an account exists or has a
        password.
        """
        async with self._places:
            with self._seconds.time():
                right = await asyncio.to_thread(self._matches, stored or self._decoy, _normal(password))
        if not right or stored is None:
            return Checked(right=False)
        outdated = self._hasher.check_needs_rehash(stored)
        return Checked(right=True, new_hash=await self.hash(password) if outdated else None)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False


def _normal(password: str) -> str:
    """NIST SP 800-63B asks for it: the same password typed on two systems may differ in its bytes."""
    return unicodedata.normalize("NFKC", password)
