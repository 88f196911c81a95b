"""The wrapping keys of people who unlocked their keys: in memory only, the same in every replica.

Which unlocks there are stands in the database, without a key; a lease needs both, so that a lock holds in every replica
whatever the broker lost. What the database names and this replica lacks is asked of the others.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from palaver.contracts.failures import Failure
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.key_locks import (
    KEYS_LOCKED,
    KEYS_UNLOCKED,
    SEAL_CONTEXT_UNLOCKED,
    UNLOCKS_WANTED,
    KeysLocked,
    KeysUnlocked,
    Unlock,
    UnlocksWanted,
    binding,
)
from palaver.contracts.subjects import Control
from palaver.keyvault.aes_gcm import decrypt
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key
from palaver.keyvault.errors import sign_in_over
from palaver.keyvault.ports import Clock
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.sealing import KeyPair, from_base64url, seal, to_base64url, unseal

SIBLINGS_SECONDS = 0.5
"""A replica that has a wrapping key answers at once."""
MAX_WANTED = 1_000
MAX_ENDED = 10_000
"""Sign-ins and unlocks that are over and not forgotten yet."""

P = TypeVar("P", bound=BaseModel)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """One wrapping key."""

    id: str
    user_id: UserId
    sid: SignInId
    until: datetime
    key: bytearray = field(repr=False)


class Unlocks:
    """See the module. Nothing here is ever written down."""

    def __init__(self, broker: Broker, pair: KeyPair, clock: Clock) -> None:
        self._broker = broker
        self._pair = pair
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._over: dict[str, None] = {}
        self._nobody_has: dict[str, None] = {}
        self._wanted: dict[str, asyncio.Event] = {}

    @property
    def ids(self) -> Collection[str]:
        """Those that are here."""
        return tuple(self._held)

    # ---- what they are for ----

    async def settled(self, keys: Sequence[Key]) -> list[Key]:
        """These keys, each said to be locked or not; the other replicas are asked for what is missing here."""
        await self.fetch({one for key in keys for one in key.unlock_ids})
        return [self.marked(key) for key in keys]

    def marked(self, key: Key) -> Key:
        """The same for one key, from what is known here."""
        return replace(key, locked=key.derivation is not None and self._of(key) is None)

    def until(self, key: Key, otherwise: datetime) -> datetime:
        """When an unlocked key is locked again, if before `otherwise`."""
        held = self._of(key)
        return otherwise if held is None else min(held.until, otherwise)

    def open(self, key: Key, stored: bytearray) -> bytearray:
        """The secret in an envelope, to be wiped by the caller. Raises TamperedError, LookupError for a locked key."""
        held = self._of(key)
        if held is None:
            raise LookupError
        return opened(stored, held.key, key)

    def _of(self, key: Key) -> Held | None:
        found = [held for one in key.unlock_ids if (held := self._held.get(one)) and held.until > self._clock()]
        return max(found, key=lambda held: held.until, default=None)

    # ---- how they come ----

    def keep(self, held: Held) -> None:
        """Have it here. Raises Failure(SIGN_IN_ENDED) if it is known to be over."""
        if held.id in self._over or held.sid in self._over or held.until <= self._clock():
            _wipe(held)
            raise sign_in_over()
        if self._held.setdefault(held.id, held) is not held:  # said again for another replica
            _wipe(held)
        self._nobody_has.pop(held.id, None)
        if (event := self._wanted.pop(held.id, None)) is not None:
            event.set()

    async def share(self, held: Held) -> None:
        """Let every replica have it, sealed. One that does not hear it asks."""
        clear = Unlock(
            id=held.id, user_id=held.user_id, sid=held.sid, until=held.until, key=to_base64url(bytes(held.key))
        )
        public, key_id = self._pair.public, self._pair.key_id
        sealed = seal(clear, public=public, key_id=key_id, context=SEAL_CONTEXT_UNLOCKED)
        await self._say(KEYS_UNLOCKED, KeysUnlocked(sealed=sealed))

    async def on_unlocked(self, message: KeysUnlocked) -> None:
        """A replica has it."""
        try:
            unlock = unseal(message.sealed, Unlock, keys=self._pair, context=SEAL_CONTEXT_UNLOCKED)
            key = bytearray(from_base64url(unlock.key))
        except (Failure, ValueError):
            _log.warning("unlock_does_not_open")
            return
        with suppress(Failure):  # over meanwhile
            self.keep(Held(unlock.id, unlock.user_id, unlock.sid, unlock.until, key))

    async def on_wanted(self, message: UnlocksWanted) -> None:
        """A replica lacks some."""
        for one in message.unlock_ids:
            if (held := self._held.get(one)) is not None:
                await self.share(held)

    async def fetch(self, ids: set[str]) -> None:
        """Ask the other replicas for what is missing of these, once."""
        missing = ids - self._held.keys() - self._nobody_has.keys()
        if not missing:
            return
        events = [self._wanted.setdefault(one, asyncio.Event()) for one in missing]
        for chunk in batched(sorted(missing)):
            await self._say(UNLOCKS_WANTED, UnlocksWanted(unlock_ids=chunk))
        try:
            async with asyncio.timeout(SIBLINGS_SECONDS):
                for event in events:
                    await event.wait()
        except TimeoutError:
            for one in missing - self._held.keys():
                self._wanted.pop(one, None)
                _remember(self._nobody_has, one)

    # ---- how they go ----

    async def end(self, ids: Collection[str]) -> None:
        """Forget these in every replica; the database does not name them any more."""
        if ids:
            self.forget(ids)
            await self._say(KEYS_LOCKED, KeysLocked(unlock_ids=tuple(ids)))

    async def on_locked(self, message: KeysLocked) -> None:
        """Some are over."""
        self.forget(message.unlock_ids)

    def forget(self, ids: Iterable[str]) -> None:
        """Overwrite them here, and take them no more."""
        for one in ids:
            _remember(self._over, one)
            if (held := self._held.pop(one, None)) is not None:
                _wipe(held)

    def forget_sign_in(self, sid: SignInId) -> None:
        """A sign-in is over, and what it unlocks."""
        _remember(self._over, sid)
        self.forget([held.id for held in self._held.values() if held.sid == sid])

    def forget_all(self) -> None:
        """The process ends."""
        self.forget(tuple(self._held))

    async def _say(self, subject: Control[P], payload: P) -> None:
        try:
            await self._broker.send(subject, payload)
        except Unavailable as outage:
            _log.warning("broadcast_not_heard", subject=subject.address.stem, reason=outage.reason)


def opened(stored: bytearray, wrapping_key: bytearray, key: Key) -> bytearray:
    """What a client's envelope holds. Raises TamperedError: another passphrase, or another row's envelope."""
    return decrypt(AESGCM(wrapping_key), bytes(stored), binding(key.user_id, key.provider, key.host))


def batched(ids: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """So many that they fit into one message."""
    return (tuple(ids[start : start + MAX_WANTED]) for start in range(0, len(ids), MAX_WANTED))


def _wipe(held: Held) -> None:
    with wiped(held.key):
        pass


def _remember(known: dict[str, None], one: str) -> None:
    known[one] = None
    while len(known) > MAX_ENDED:
        del known[next(iter(known))]
