"""What every key management system must do for the vault; for a test of your own:

@pytest.mark.parametrize("check", CHECKS)
async def test_my_kms_conforms(check: Check) -> None:
    await check(MyKms(options))
"""

import asyncio
import os
from collections.abc import Awaitable, Callable

from palaver.keyvault.kms.port import Kek, TamperedError

Check = Callable[[Kek], Awaitable[None]]

BINDING = b"palaver: ada at api.example.org"
MAX_BYTES = 1024


async def opens_what_it_wrapped(kek: Kek) -> None:
    """For bindings of any length, also of a kilobyte."""
    for binding in (b"", BINDING, os.urandom(MAX_BYTES)):
        data_key = bytearray(os.urandom(32))
        wrapped = await kek.wrap(data_key, binding)
        assert await kek.unwrap(wrapped, binding) == data_key
        assert len(wrapped) <= MAX_BYTES


async def shows_nothing_of_the_data_key(kek: Kek) -> None:
    """And wraps the same one in another way each time."""
    data_key = bytearray(os.urandom(32))
    one, two = await kek.wrap(data_key, BINDING), await kek.wrap(data_key, BINDING)
    assert one != two
    assert bytes(data_key) not in one + two


async def opens_for_no_other_binding(kek: Kek) -> None:
    """However similar."""
    wrapped = await kek.wrap(bytearray(os.urandom(32)), BINDING)
    for other in (b"", BINDING[:-1], BINDING + b" ", BINDING.swapcase()):
        await _refuses(kek, wrapped, other)


async def notices_every_flipped_bit(kek: Kek) -> None:
    """And junk, and what was cut off."""
    wrapped = await kek.wrap(bytearray(os.urandom(32)), BINDING)
    for position in range(len(wrapped)):
        broken = bytearray(wrapped)
        broken[position] ^= 1 << (position % 8)
        await _refuses(kek, bytes(broken), BINDING)
    for junk in (b"", b"x", wrapped[:-1], wrapped + b"x", os.urandom(60)):
        await _refuses(kek, junk, BINDING)


async def works_for_many_at_once(kek: Kek) -> None:
    """Leases come side by side."""

    async def round_trip(number: int) -> None:
        data_key, binding = bytearray(os.urandom(32)), BINDING + bytes([number])
        assert await kek.unwrap(await kek.wrap(data_key, binding), binding) == data_key

    await asyncio.gather(*(round_trip(number) for number in range(32)))


async def leaves_the_data_key_alone(kek: Kek) -> None:
    """Whoever gave it wipes it; what comes back can be wiped, too."""
    data_key = bytearray(os.urandom(32))
    kept = bytes(data_key)
    wrapped = await kek.wrap(data_key, BINDING)
    assert data_key == kept
    opened = await kek.unwrap(wrapped, BINDING)
    opened[:] = bytes(32)
    assert await kek.unwrap(wrapped, BINDING) == kept


CHECKS: tuple[Check, ...] = (
    opens_what_it_wrapped,
    shows_nothing_of_the_data_key,
    opens_for_no_other_binding,
    notices_every_flipped_bit,
    works_for_many_at_once,
    leaves_the_data_key_alone,
)


async def _refuses(kek: Kek, wrapped: bytes, binding: bytes) -> None:
    try:
        await kek.unwrap(wrapped, binding)
    except TamperedError:
        return
    raise AssertionError("it opened what it should have refused")
