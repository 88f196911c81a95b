"""Keys lent by the keyvault: per payer, provider and host, sealed to this worker, kept for a minute at most."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, UserId, WorkerId
from palaver.contracts.keyvault import (
    KEY_LEASE,
    SEAL_CONTEXT_LEASE,
    KeyLease,
    KeySecret,
    LeaseForCheck,
    LeaseForCompletion,
    LeaseForTurn,
    LeaseKey,
)
from palaver.model_router.domain import Key, Provider
from palaver.servicekit.broker import Broker
from palaver.servicekit.sealing import KeyPair, to_base64url, unseal

KEYLESS_PLACEHOLDER = SecretStr("palaver-demo")
"""Sent to providers that need no key: the wire formats have no way to send none."""
MAX_CACHE_SECONDS = 60.0
MAX_CACHED_KEYS = 1_000


class LeasedKeys:
    """`KeySource`, answered by keyvault. Secrets are in memory only, as `SecretStr`."""

    def __init__(self, broker: Broker, worker: WorkerId, pair: KeyPair) -> None:
        self._broker = broker
        self._worker = worker
        self._pair = pair
        self._cache: OrderedDict[tuple[UserId, str, str], Key] = OrderedDict()
        self._revocations = 0

    async def for_work(self, provider: Provider, work: LeaseForTurn | LeaseForCompletion) -> Key:
        """See `KeySource`."""
        if not provider.needs_key:
            return Key(None, provider.id, provider.host, KEYLESS_PLACEHOLDER)
        place = (work.payer, provider.id, provider.host)
        cached = self._cache.get(place)
        if cached is not None and cached.expires_at is not None and datetime.now(UTC) < cached.expires_at:
            self._cache.move_to_end(place)
            return cached
        request = self._request(work, provider.id, provider.host)
        heard = self._revocations
        key = bound_to(self._open(await self._broker.ask(KEY_LEASE, request)), provider)
        if heard != self._revocations:  # perhaps of this very key, after it was lent: good for one call, but not kept
            return key
        self._cache[place] = key
        while len(self._cache) > MAX_CACHED_KEYS:
            self._cache.popitem(last=False)
        return key

    async def for_check(self, actor: Actor, key_id: KeyId) -> Key:
        """One certain key, for its owner to try; not kept. Raises Unavailable, Failure."""
        request = self._request(LeaseForCheck(actor=actor, key_id=key_id), None, None)
        return self._open(await self._broker.ask(KEY_LEASE, request))

    def forget(self, key_id: KeyId) -> None:
        """See `KeySource`."""
        self._revocations += 1
        for place in [place for place, key in self._cache.items() if key.id == key_id]:
            del self._cache[place]

    async def forget_all(self) -> None:
        """Broadcasts were lost, and a revocation may be among them."""
        self._revocations += 1
        self._cache.clear()

    def _request(
        self, purpose: LeaseForTurn | LeaseForCompletion | LeaseForCheck, provider: str | None, host: str | None
    ) -> LeaseKey:
        return LeaseKey(
            purpose=purpose,
            provider=provider,
            host=host,
            worker=self._worker,
            public_key=to_base64url(self._pair.public),
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
