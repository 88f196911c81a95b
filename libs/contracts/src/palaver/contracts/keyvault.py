"""What the keyvault owns: provider keys. They enter sealed and leave sealed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, RootModel, StringConstraints

from palaver.contracts import limits
from palaver.contracts.actors import Actor, Role
from palaver.contracts.client_protocol import KeyQuotaNotice, KeyUnusualNotice
from palaver.contracts.failures import ErrorCode
from palaver.contracts.figures import NUMBER
from palaver.contracts.ids import CompletionId, KeyId, TurnId, UserId, WorkerId
from palaver.contracts.key_locks import ProtectedKey
from palaver.contracts.key_records import KeyQuota
from palaver.contracts.operations import audit_recorded, dependency_changed, limits_get
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, control, live, query

OWNER = "keyvault"

SEAL_CONTEXT_CREATE = "keyvault.key.create"
SEAL_CONTEXT_LEASE = "keyvault.key.lease"


Scope = Literal["personal", "shared"]
"""A personal key is its owner's alone. A shared one belongs to the installation: administrators keep it, and people of
certain roles may use it without ever seeing anything of it."""
Protection = Literal["server", "passphrase"]
"""Who can read a stored key: the vault at any time, or only while its owner has unlocked it."""
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=limits.MAX_KEY_LABEL_CHARACTERS)]
Weight = Annotated[int, Field(ge=1, le=limits.MAX_KEY_WEIGHT), NUMBER]
Order = Annotated[int, Field(ge=0, le=limits.MAX_KEY_ORDER), NUMBER]
Roles = Annotated[tuple[Role, ...], Field(max_length=len(Role))]


class KeySecret(Payload):
    """A clear provider key; only ever inside `Sealed`. It never comes out of `repr` or `model_dump_json` elsewhere."""

    secret: str = Field(repr=False, min_length=1, max_length=4_096)


class KeyView(Payload):
    """A key as people see it: never the key itself.

    `key_hint` is its last four characters, empty for who may only use it. `enabled` is its keeper's wish, `status` what
    comes of that and of its provider's verdict. Keys of the lowest `order` are used first; `weight` is a key's share
    among equals. `roles` may use a shared key; `editable` says whether the actor keeps it. A key that a passphrase
    protects is not used while it is `locked`.
    """

    id: KeyId
    provider: str
    host: str
    label: str
    key_hint: str
    status: Literal["active", "invalid", "disabled"]
    created_at: datetime
    last_used_at: datetime | None = None
    checked_at: datetime | None = None
    check_code: ErrorCode | None = None
    enabled: bool = True
    weight: int = 1
    order: int = 0
    scope: Scope = "personal"
    roles: tuple[Role, ...] = ()
    editable: bool = True
    quota: KeyQuota = KeyQuota()
    quota_used_up: bool = False
    protection: Protection = "server"
    locked: bool = False


class NewKey(Payload):
    """A key for a provider at its host (both from the catalogue, filled in by the gateway)."""

    actor: Actor
    provider: str
    host: str
    label: Label = ""
    weight: Weight = 1
    order: Order = 0
    quota: KeyQuota = KeyQuota()


class CreateKey(NewKey):
    """Store a key.

    `shared` is for administrators; `roles` may use it then, all if none are given.
    """

    sealed: Sealed[KeySecret]
    scope: Scope = "personal"
    roles: Roles = ()


class ProtectKey(NewKey):
    """Store a personal key that the actor's passphrase protects."""

    sealed: Sealed[ProtectedKey]


class ChangeKey(Payload):
    """Change what is given; what is not given stays. An empty `quota` lifts all limits. Secret and place never change:
    a new key is another key."""

    actor: Actor
    key_id: KeyId
    label: Label | None = None
    weight: Weight | None = None
    order: Order | None = None
    roles: Roles | None = None
    quota: KeyQuota | None = None


class ListKeys(Payload):
    """The keys that the actor keeps or may use."""

    actor: Actor


class KeyList(Payload):
    """Keys, oldest first."""

    keys: tuple[KeyView, ...]


class OfKey(Payload):
    """A request about one key."""

    actor: Actor
    key_id: KeyId


class LeaseForTurn(Payload):
    """A worker needs the payer's key for one turn."""

    kind: Literal["turn"] = "turn"
    turn_id: TurnId
    payer: UserId


class LeaseForCompletion(Payload):
    """A worker needs the payer's key for one side job."""

    kind: Literal["completion"] = "completion"
    completion_id: CompletionId
    payer: UserId


class LeaseForCheck(Payload):
    """A worker tries one key for its owner."""

    kind: Literal["check"] = "check"
    actor: Actor
    key_id: KeyId


class ListCandidates(Payload):
    """Which keys may pay for this person's work at a provider's host?"""

    payer: UserId
    provider: str
    host: str


class KeyCandidate(Payload):
    """A key that would be lent. `hint` is that of the payer's own keys only."""

    key_id: KeyId
    label: str
    weight: int
    order: int
    scope: Scope
    hint: str | None = None


class KeyCandidates(Payload):
    """Never empty: personal keys before shared ones, then by `order`, the newest first.

    May be kept for `KEY_CANDIDATES_SECONDS`, and until `KEYS_CHANGED` says otherwise.
    """

    keys: tuple[KeyCandidate, ...]


class LeaseKey(Payload):
    """`public_key` is the worker's X25519 key, unpadded base64url; the answer is sealed to it.

    `key_id` is the candidate that the worker chose; without it the first one is lent. It is refused with NOT_FOUND if
    it is gone or not the payer's to use.
    """

    purpose: Annotated[LeaseForTurn | LeaseForCompletion | LeaseForCheck, Field(discriminator="kind")]
    provider: str | None = None
    host: str | None = None
    worker: WorkerId
    public_key: str
    key_id: KeyId | None = None


class KeyLease(Payload):
    """One key for one worker until `expires_at`, usable at `host` only."""

    key_id: KeyId
    provider: str
    host: str
    sealed: Sealed[KeySecret]
    expires_at: datetime


class KeyRevoked(Payload):
    """Workers forget this key at once."""

    key_id: KeyId


class KeysChanged(Payload):
    """Candidates that are kept for this person and provider are out of date; for everybody and everywhere if none is
    named. Core messages get lost: who was away from the broker drops all candidates and leases."""

    user_id: UserId | None = None
    provider: str | None = None


KEY_CREATE = query("keyvault.key.create.v1", CreateKey, KeyView, "Store a provider key.")
KEY_PROTECT = query("keyvault.key.protect.v1", ProtectKey, KeyView, "Store a key under its owner's passphrase.")
KEY_LIST = query("keyvault.key.list.v1", ListKeys, KeyList, "The actor's keys, without the keys.")
KEY_GET = query("keyvault.key.get.v1", OfKey, KeyView, "One key, without the key.")
KEY_CHANGE = query("keyvault.key.change.v1", ChangeKey, KeyView, "Change a key's label, place in the order or quota.")
KEY_ENABLE = query("keyvault.key.enable.v1", OfKey, KeyView, "Use a key again.")
KEY_DISABLE = query("keyvault.key.disable.v1", OfKey, KeyView, "Use a key no more, on any worker, at once.")
KEY_DELETE = query("keyvault.key.delete.v1", OfKey, Done, "Delete a key.")
KEY_LEASE = query("keyvault.key.lease.v1", LeaseKey, KeyLease, "Lend a key to a worker, sealed to it.")
KEY_CANDIDATES = query(
    "keyvault.key.candidates.v1", ListCandidates, KeyCandidates, "The keys that may pay for a person's work."
)
KEY_REVOKED = control("keyvault.key.revoked.v1", KeyRevoked, "Forget this key at once.")
KEYS_CHANGED = control("keyvault.keys.changed.v1", KeysChanged, "Other keys may be used from now on.")


class KeyNotice(RootModel[Annotated[KeyQuotaNotice | KeyUnusualNotice, Field(discriminator="name")]]):
    """What a key's keeper is told of it, as their clients get it."""

    model_config = ConfigDict(frozen=True)


USER_NOTIFIED = live(
    "keyvault.user.notified.v1", KeyNotice, "A key comes near its quota, used it up, or is used unusually.", "user"
)
AUDIT_RECORDED = audit_recorded(OWNER)
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)
