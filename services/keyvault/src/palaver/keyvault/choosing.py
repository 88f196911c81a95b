"""Which keys may pay for somebody's work: their own before shared ones, in the order that their keepers gave."""

from collections.abc import Sequence

from palaver.contracts.failures import Failure
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.keyvault import LeaseForCheck, ListCandidates
from palaver.keyvault import store
from palaver.keyvault.audit_events import LEASE, refused
from palaver.keyvault.domain import Key, Status
from palaver.keyvault.errors import key_disabled, key_locked, key_missing, key_not_found, not_lendable, wrong_place
from palaver.keyvault.ports import Clock, Roles
from palaver.keyvault.quota import day_of
from palaver.keyvault.unlocks import Unlocks
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions


class Choosing:
    """Answers what may be lent; lends nothing."""

    def __init__(
        self, database: Database, transactions: Transactions, roles: Roles, unlocks: Unlocks, clock: Clock
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._roles = roles
        self._unlocks = unlocks
        self._clock = clock

    async def candidates(self, request: ListCandidates) -> Sequence[Key]:
        """At least one. Raises Failure(KEY_MISSING, KEY_INVALID, KEY_LOCKED, KEY_QUOTA_EXCEEDED)."""
        usable = await self._usable(request.payer, request.provider, request.host)
        lendable = [key for key in usable if key.lendable]
        if lendable:
            return lendable
        failure, key = self._why_none(usable, request.provider)
        if key is not None:
            now, code = self._clock(), failure.code.value
            async with self._transactions.begin() as work:
                await work.say(refused(LEASE, request.payer, key.id, now, purpose="candidates", code=code))
        raise failure

    async def first(self, payer: UserId, provider: str, host: str) -> tuple[Key | Failure, Key | None]:
        """The key to be lent if the worker names none; or why there is none, and which key is to blame."""
        usable = await self._usable(payer, provider, host)
        lendable = next((key for key in usable if key.lendable), None)
        return (lendable, lendable) if lendable is not None else self._why_none(usable, provider)

    async def named(self, payer: UserId, provider: str, host: str, key_id: KeyId) -> tuple[Key | Failure, Key | None]:
        """The same for the key that a worker chose."""
        key = next((key for key in await self._usable(payer, provider, host) if key.id == key_id), None)
        if key is None:
            async with self._database.read() as conn:  # the trail shall say whose key was asked for
                foreign = await store.read(conn, key_id, self._clock())
            return key_not_found(), foreign
        return (key if key.lendable else not_lendable(key, day_of(self._clock()))), key

    async def for_check(
        self, purpose: LeaseForCheck, provider: str | None, host: str | None
    ) -> tuple[Key | Failure, Key | None]:
        """The same for a key that its keeper wants tried, though its provider refused it or its quota is used up."""
        async with self._database.read() as conn:
            key = await store.read(conn, purpose.key_id, self._clock())
        person = purpose.actor.user_id
        if key is None or not key.kept_by(person, await self._roles.now(person) if key.shared else None):
            return key_not_found(), key
        if not key.enabled:
            return key_disabled(key), key
        if (provider or key.provider, host or key.host) != (key.provider, key.host):
            return wrong_place(key), key
        [key] = await self._unlocks.settled([key])
        return (key_locked(key) if key.locked else key), key

    async def _usable(self, payer: UserId, provider: str, host: str) -> Sequence[Key]:
        """What the payer may use there, in order, lendable or not."""
        async with self._database.read() as conn:
            keys = await store.at_place(conn, payer, provider, host, self._clock())
        role = await self._roles.lately(payer) if any(key.shared and key.roles for key in keys) else None
        return await self._unlocks.settled([key for key in keys if key.usable_by(payer, role)])

    def _why_none(self, usable: Sequence[Key], provider: str) -> tuple[Failure, Key | None]:
        """A lock is told first, then a quota that is used up: such a key is otherwise good."""
        key = max(usable, key=_nearness, default=None)
        return (key_missing(provider), None) if key is None else (not_lendable(key, day_of(self._clock())), key)


def _nearness(key: Key) -> int:
    """How little keeps this key from being lent."""
    if not key.enabled or key.status is not Status.ACTIVE:
        return 0
    return 2 if key.locked else 1
