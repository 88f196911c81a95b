"""Keys lent by the keyvault: which there are for a payer at a host, and one of them, sealed to this worker; both are
kept for a minute at most."""

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, UserId, WorkerId
from palaver.contracts.keyvault import (
    KEY_CANDIDATES,
    KEY_LEASE,
    SEAL_CONTEXT_LEASE,
    KeyLease,
    KeySecret,
    LeaseForCheck,
    LeaseForCompletion,
    LeaseForTurn,
    LeaseKey,
    ListCandidates,
)
from palaver.contracts.limits import KEY_CANDIDATES_SECONDS
from palaver.model_router.domain import Key, Provider
from palaver.model_router.selection import Candidate
from palaver.servicekit.broker import Broker
from palaver.servicekit.sealing import KeyPair, to_base64url, unseal

KEYLESS_PLACEHOLDER = SecretStr("palaver-demo")
"""Sent to providers that need no key: the wire formats have no way to send none."""
MAX_CACHE_SECONDS = 60.0
MAX_CACHED_KEYS = 1_000
_KEYLESS = Candidate(None)


class LeasedKeys:
    """`KeySource`, answered by keyvault. Secrets are in memory only, as `SecretStr`."""

    def __init__(self, broker: Broker, worker: WorkerId, pair: KeyPair) -> None:
        self._broker = broker
        self._worker = worker
        self._pair = pair
        self._cache: OrderedDict[tuple[UserId, str, str, KeyId], Key] = OrderedDict()
        self._candidates: OrderedDict[tuple[UserId, str, str], tuple[float, tuple[Candidate, ...]]] = OrderedDict()
        self._changes = 0

    async def candidates(self, provider: Provider, payer: UserId) -> tuple[Candidate, ...]:
        """See `KeySource`."""
        if not provider.needs_key:
            return (_KEYLESS,)
        place = (payer, provider.id, provider.host)
        known = self._candidates.get(place)
        if known is not None and time.monotonic() < known[0]:
            self._candidates.move_to_end(place)
            return known[1]
        heard = self._changes
        answer = await self._broker.ask(
            KEY_CANDIDATES, ListCandidates(payer=payer, provider=provider.id, host=provider.host)
        )
        found = tuple(Candidate(key.key_id, key.weight, key.order, key.scope) for key in answer.keys)
        if heard == self._changes:
            self._candidates[place] = (time.monotonic() + KEY_CANDIDATES_SECONDS, found)
            while len(self._candidates) > MAX_CACHED_KEYS:
                self._candidates.popitem(last=False)
        return found

    def known(self, provider: Provider, payer: UserId) -> tuple[Candidate, ...]:
        """See `KeySource`."""
        if not provider.needs_key:
            return (_KEYLESS,)
        _, found = self._candidates.get((payer, provider.id, provider.host), (0.0, ()))
        return found

    async def lend(self, provider: Provider, candidate: Candidate, work: LeaseForTurn | LeaseForCompletion) -> Key:
        """See `KeySource`."""
        if candidate.id is None:
            return Key(None, provider.id, provider.host, KEYLESS_PLACEHOLDER)
        place = (work.payer, provider.id, provider.host, candidate.id)
        cached = self._cache.get(place)
        if cached is not None and cached.expires_at is not None and datetime.now(UTC) < cached.expires_at:
            self._cache.move_to_end(place)
            return cached
        request = self._request(work, provider.id, provider.host, candidate.id)
        heard = self._changes
        key = bound_to(self._open(await self._broker.ask(KEY_LEASE, request)), provider)
        if heard != self._changes:  # perhaps of this very key, after it was lent: good for one call, but not kept
            return key
        self._cache[place] = key
        while len(self._cache) > MAX_CACHED_KEYS:
            self._cache.popitem(last=False)
        return key

    async def for_check(self, actor: Actor, key_id: KeyId) -> Key:
        """One certain key, for its owner to try; not kept. Raises Unavailable, Failure."""
        request = self._request(LeaseForCheck(actor=actor, key_id=key_id), None, None, None)
        return self._open(await self._broker.ask(KEY_LEASE, request))

    def forget(self, key_id: KeyId) -> None:
        """See `KeySource`."""
        self._changes += 1
        for place in [place for place, key in self._cache.items() if key.id == key_id]:
            del self._cache[place]
        for place in [place for place, (_, found) in self._candidates.items() if any(c.id == key_id for c in found)]:
            del self._candidates[place]

    def changed(self, payer: UserId | None, provider: str | None) -> tuple[KeyId, ...]:
        """See `KeySource`."""
        self._changes += 1
        known: set[KeyId] = set()
        for place in list(self._candidates):
            if payer in {None, place[0]} and provider in {None, place[1]}:
                known.update(candidate.id for candidate in self._candidates.pop(place)[1] if candidate.id is not None)
        return tuple(known)

    async def forget_all(self) -> None:
        """Broadcasts were lost, and a revocation may be among them."""
        self._changes += 1
        self._cache.clear()
        self._candidates.clear()

    def _request(
        self,
        purpose: LeaseForTurn | LeaseForCompletion | LeaseForCheck,
        provider: str | None,
        host: str | None,
        key_id: KeyId | None,
    ) -> LeaseKey:
        return LeaseKey(
            purpose=purpose,
            provider=provider,
            host=host,
            worker=self._worker,
            public_key=to_base64url(self._pair.public),
            key_id=key_id,
        )

    def _open(self, lease: KeyLease) -> Key:
        clear = unseal(lease.sealed, KeySecret, keys=self._pair, context=SEAL_CONTEXT_LEASE)
        longest = datetime.now(UTC) + timedelta(seconds=MAX_CACHE_SECONDS)
        return Key(lease.key_id, lease.provider, lease.host, SecretStr(clear.secret), min(lease.expires_at, longest))


def bound_to(key: Key, provider: Provider) -> Key:
    """The key, if it may be used at this provider's host. Raises Failure(KEY_INVALID): a key never goes elsewhere."""
    if (key.provider, key.host) != (provider.id, provider.host):
        raise Failure(ErrorCode.KEY_INVALID, "This key belongs to another provider or host.")
    return key
