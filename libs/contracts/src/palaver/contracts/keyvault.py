"""What the keyvault owns: provider keys. They enter sealed and leave sealed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CompletionId, KeyId, TurnId, UserId, WorkerId
from palaver.contracts.operations import audit_recorded, dependency_changed
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, control, query

OWNER = "keyvault"

SEAL_CONTEXT_CREATE = "keyvault.key.create"
SEAL_CONTEXT_LEASE = "keyvault.key.lease"


class KeySecret(Payload):
    """A clear provider key; only ever inside `Sealed`. It never comes out of `repr` or `model_dump_json` elsewhere."""

    secret: str = Field(repr=False, min_length=1, max_length=4_096)


class KeyView(Payload):
    """A key as people see it: never the key itself. `key_hint` is its last four characters."""

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


class CreateKey(Payload):
    """Store a key for a provider at its host (both from the catalogue, filled in by the gateway)."""

    actor: Actor
    provider: str
    host: str
    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    sealed: Sealed[KeySecret]


class ListKeys(Payload):
    """The actor's keys."""

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


class LeaseKey(Payload):
    """`public_key` is the worker's X25519 key, unpadded base64url; the answer is sealed to it."""

    purpose: Annotated[LeaseForTurn | LeaseForCompletion | LeaseForCheck, Field(discriminator="kind")]
    provider: str | None = None
    host: str | None = None
    worker: WorkerId
    public_key: str


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


KEY_CREATE = query("keyvault.key.create.v1", CreateKey, KeyView, "Store a provider key.")
KEY_LIST = query("keyvault.key.list.v1", ListKeys, KeyList, "The actor's keys, without the keys.")
KEY_GET = query("keyvault.key.get.v1", OfKey, KeyView, "One key, without the key.")
KEY_DELETE = query("keyvault.key.delete.v1", OfKey, Done, "Delete a key.")
KEY_LEASE = query("keyvault.key.lease.v1", LeaseKey, KeyLease, "Lend a key to a worker, sealed to it.")
KEY_REVOKED = control("keyvault.key.revoked.v1", KeyRevoked, "Forget this key at once.")
AUDIT_RECORDED = audit_recorded(OWNER)
DEPENDENCY_CHANGED = dependency_changed(OWNER)
