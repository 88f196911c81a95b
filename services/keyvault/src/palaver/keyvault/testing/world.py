"""The keyvault as gateway and workers meet it: keys sealed to it, leases opened with a worker's own keys."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from prometheus_client import CollectorRegistry

from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import ROLE_READ, TRAIL_READ, AuditPage, PersonRole, ReadRole, ReadTrail
from palaver.contracts.ids import CompletionId, KeyId, SignInId, TurnId, UserId, WorkerId, new_id
from palaver.contracts.key_locks import (
    KEYS_LOCK,
    KEYS_UNLOCK,
    LOCK_GET,
    SEAL_CONTEXT_CREATE_PROTECTED,
    SEAL_CONTEXT_UNLOCK,
    KeyDerivation,
    LockKeys,
    LockState,
    PassphraseEnvelope,
    ProtectedKey,
    ReadLock,
    UnlockKeys,
    WrappingKey,
    binding,
)
from palaver.contracts.keyvault import (
    AUDIT_RECORDED,
    KEY_CANDIDATES,
    KEY_CREATE,
    KEY_LEASE,
    KEY_PROTECT,
    SEAL_CONTEXT_CREATE,
    SEAL_CONTEXT_LEASE,
    CreateKey,
    KeyCandidate,
    KeyLease,
    KeySecret,
    KeyView,
    LeaseForCheck,
    LeaseForCompletion,
    LeaseForTurn,
    LeaseKey,
    ListCandidates,
    ProtectKey,
)
from palaver.contracts.operations import AuditRecorded
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import Route, answer, hear
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


@dataclass(slots=True)
class People:
    """Identity, as far as this service asks it: who is what, and what was reported to the trail."""

    roles: dict[UserId, Role] = field(default_factory=dict[UserId, Role])
    trail: list[AuditRecorded] = field(default_factory=list[AuditRecorded])
    away: bool = False

    def somebody(self, role: Role = Role.MEMBER) -> Actor:
        """A person whom identity knows."""
        actor = person()
        self.roles[actor.user_id] = role
        return actor

    @property
    def routes(self) -> tuple[Route, ...]:
        """Given to a service that plays identity."""
        return (
            answer(ROLE_READ, self._role_read),
            answer(TRAIL_READ, self._trail_read),
            hear(AUDIT_RECORDED, self._recorded),
        )

    async def _role_read(self, request: ReadRole) -> PersonRole:
        if self.away:
            raise Unavailable("postgres", "switched off by the test")
        role = self.roles.get(request.user_id)
        if role is None:
            raise Failure(ErrorCode.NOT_FOUND, "There is no such person.")
        return PersonRole(role=role, active=True)

    async def _trail_read(self, request: ReadTrail) -> AuditPage:
        found = [e for e in self.trail if (e.target_kind, e.target_id) == (request.target_kind, request.target_id)]
        newest = sorted(found, key=lambda entry: (entry.at, entry.event_id), reverse=True)
        before = [entry for entry in newest if request.before is None or entry.at < request.before]
        return AuditPage(entries=tuple(before[: request.limit]))

    async def _recorded(self, entry: AuditRecorded) -> None:
        if all(entry.event_id != known.event_id for known in self.trail):  # said at least once
            self.trail.append(entry)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with a passphrase, and what their client made of it."""

    actor: Actor
    vault: KeyPair
    broker: Broker
    derivation: KeyDerivation = field(
        default_factory=lambda: KeyDerivation(iterations=600_000, salt=to_base64url(os.urandom(16)))
    )
    key: bytes = field(default_factory=lambda: os.urandom(32))

    async def protect(self, secret: str, *, bound_to: tuple[str, str] = (PROVIDER, HOST), **changes: Any) -> KeyView:
        """Store a key that the passphrase protects."""
        nonce, bound = os.urandom(12), binding(self.actor.user_id, *bound_to)
        envelope = PassphraseEnvelope(
            derivation=self.derivation,
            nonce=to_base64url(nonce),
            ciphertext=to_base64url(AESGCM(self.key).encrypt(nonce, secret.encode(), bound)),
        )
        offered = ProtectedKey(envelope=envelope, hint=secret[-4:])
        public, key_id = self.vault.public, self.vault.key_id
        box = seal(offered, public=public, key_id=key_id, context=SEAL_CONTEXT_CREATE_PROTECTED)
        values: dict[str, Any] = {"provider": PROVIDER, "host": HOST, "label": "mine"} | changes
        return await self.broker.ask(KEY_PROTECT, ProtectKey(actor=self.actor, sealed=box, **values))

    async def unlock(self, sid: SignInId | None = None) -> LockState:
        """For one sign-in."""
        opened, public, key_id = WrappingKey(key=to_base64url(self.key)), self.vault.public, self.vault.key_id
        box = seal(opened, public=public, key_id=key_id, context=SEAL_CONTEXT_UNLOCK)
        request = UnlockKeys(actor=self.actor, sid=sid or SignInId(new_id()), sealed=box)
        return await self.broker.ask(KEYS_UNLOCK, request)

    async def lock(self) -> LockState:
        """Everywhere."""
        return await self.broker.ask(KEYS_LOCK, LockKeys(actor=self.actor))

    async def state(self) -> LockState:
        """As the page asks for it."""
        return await self.broker.ask(LOCK_GET, ReadLock(actor=self.actor))


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
        values: dict[str, Any] = {"provider": PROVIDER, "host": HOST, "label": "mine"} | changes
        return await self.broker.ask(KEY_CREATE, CreateKey(actor=actor, sealed=sealed, **values))

    async def candidates(self, payer: UserId, **place: str) -> tuple[KeyCandidate, ...]:
        """The keys that may pay for somebody's work."""
        request = ListCandidates.model_validate({"payer": payer, "provider": PROVIDER, "host": HOST} | place)
        return (await self.broker.ask(KEY_CANDIDATES, request)).keys

    async def lease(self, payer: UserId, **changes: Any) -> KeyLease:
        """A key for a turn; which one, and for which place, may be given."""
        purpose = LeaseForTurn(turn_id=TurnId(new_id()), payer=payer)
        return await self.ask_lease(purpose, **({"provider": PROVIDER, "host": HOST} | changes))

    async def lease_for_completion(self, payer: UserId, completion_id: CompletionId) -> KeyLease:
        """A key for a side job."""
        purpose = LeaseForCompletion(completion_id=completion_id, payer=payer)
        return await self.ask_lease(purpose, provider=PROVIDER, host=HOST)

    async def lease_for_check(self, actor: Actor, key_id: KeyId, **place: str) -> KeyLease:
        """A certain key, to try it."""
        return await self.ask_lease(LeaseForCheck(actor=actor, key_id=key_id), **place)

    async def ask_lease(self, purpose: LeaseForTurn | LeaseForCompletion | LeaseForCheck, **changes: Any) -> KeyLease:
        """Whatever purpose."""
        public_key = to_base64url(self.worker_keys.public)
        request = LeaseKey(purpose=purpose, worker=self.worker, public_key=public_key, **changes)
        return await self.broker.ask(KEY_LEASE, request)

    def owner(self, actor: Actor, **same: Any) -> Owner:
        """A person as their own client knows them."""
        return Owner(actor, self._vault, self.broker, **same)

    def opened(self, lease: KeyLease) -> str:
        """The key, as the worker sees it."""
        return unseal(lease.sealed, KeySecret, keys=self.worker_keys, context=SEAL_CONTEXT_LEASE).secret


@dataclass(frozen=True, slots=True)
class World:
    """The keyvault, running, and everything around it."""

    edge: Edge
    people: People
    clock: Clock
    database: Database
    metrics: CollectorRegistry

    def metric(self, name: str, *, about: str = "") -> float:
        """The sum of the samples that have a label containing `about`, or of all."""
        samples = [sample for family in self.metrics.collect() for sample in family.samples if sample.name == name]
        return sum(s.value for s in samples if not about or any(about in label for label in s.labels.values()))
