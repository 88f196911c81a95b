"""The keyvault as gateway and workers meet it: keys sealed to it, leases opened with a worker's own keys."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from palaver.contracts.actors import Actor
from palaver.contracts.ids import CompletionId, KeyId, TurnId, UserId, WorkerId, new_id
from palaver.contracts.keyvault import (
    KEY_CREATE,
    KEY_LEASE,
    SEAL_CONTEXT_CREATE,
    SEAL_CONTEXT_LEASE,
    CreateKey,
    KeyLease,
    KeySecret,
    KeyView,
    LeaseForCheck,
    LeaseForCompletion,
    LeaseForTurn,
    LeaseKey,
)
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.sealing import KeyPair, seal, to_base64url, unseal

PROVIDER = "openai"
HOST = "api.openai.com"


def person() -> Actor:
    """Somebody new."""
    return Actor(user_id=UserId(new_id()), address="203.0.113.7")


@dataclass(slots=True)
class Clock:
    """Time that a test moves."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """See `ports.Clock`."""
        return self.now

    def forward(self, **by: float) -> None:
        """By days, seconds, …"""
        self.now += timedelta(**by)


class Edge:
    """What the gateway and one worker do with the keyvault."""

    def __init__(self, broker: Broker, vault: KeyPair) -> None:
        self.broker = broker
        self._vault = vault
        self.worker_keys = KeyPair.generate()
        self.worker = WorkerId(new_id())

    async def create(self, actor: Actor, secret: str, *, context: str = SEAL_CONTEXT_CREATE, **changes: Any) -> KeyView:
        """Store a key."""
        public, key_id = self._vault.public, self._vault.key_id
        sealed = seal(KeySecret(secret=secret), public=public, key_id=key_id, context=context)
        values = {"provider": PROVIDER, "host": HOST, "label": "mine"} | changes
        return await self.broker.ask(KEY_CREATE, CreateKey(actor=actor, sealed=sealed, **values))

    async def lease(self, payer: UserId, *, provider: str | None = PROVIDER, host: str | None = HOST) -> KeyLease:
        """A key for a turn."""
        purpose = LeaseForTurn(turn_id=TurnId(new_id()), payer=payer)
        return await self.ask_lease(purpose, provider=provider, host=host)

    async def lease_for_completion(self, payer: UserId, completion_id: CompletionId) -> KeyLease:
        """A key for a side job."""
        purpose = LeaseForCompletion(completion_id=completion_id, payer=payer)
        return await self.ask_lease(purpose, provider=PROVIDER, host=HOST)

    async def lease_for_check(self, actor: Actor, key_id: KeyId, **place: str) -> KeyLease:
        """A certain key, to try it."""
        return await self.ask_lease(LeaseForCheck(actor=actor, key_id=key_id), **place)

    async def ask_lease(
        self, purpose: LeaseForTurn | LeaseForCompletion | LeaseForCheck, **place: str | None
    ) -> KeyLease:
        """Whatever purpose."""
        public_key = to_base64url(self.worker_keys.public)
        request = LeaseKey(purpose=purpose, worker=self.worker, public_key=public_key, **place)
        return await self.broker.ask(KEY_LEASE, request)

    def opened(self, lease: KeyLease) -> str:
        """The key, as the worker sees it."""
        return unseal(lease.sealed, KeySecret, keys=self.worker_keys, context=SEAL_CONTEXT_LEASE).secret


@dataclass(frozen=True, slots=True)
class World:
    """The keyvault, running, and everything around it."""

    edge: Edge
    clock: Clock
    database: Database
    metrics: CollectorRegistry

    def metric(self, name: str, *, about: str = "") -> float:
        """The sum of the samples that have a label containing `about`, or of all."""
        samples = [sample for family in self.metrics.collect() for sample in family.samples if sample.name == name]
        return sum(s.value for s in samples if not about or any(about in label for label in s.labels.values()))
