"""Clear secrets in memory: kept in byte arrays, overwritten after use.

Python copies strings as it likes, so this shortens a secret's life and does not end it: see the README's limits.
"""

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def wiped(buffer: bytearray) -> Generator[bytearray]:
    """The buffer, overwritten with zeros at exit, whatever happens inside."""
    try:
        yield buffer
    finally:
        buffer[:] = bytes(len(buffer))
