"""Provider keys. A key is sealed to the vault the moment it is read, and never comes back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, SecretStr

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId
from palaver.contracts.key_locks import SEAL_CONTEXT_CREATE_PROTECTED, KeyHint, PassphraseEnvelope, ProtectedKey
from palaver.contracts.key_records import (
    KEY_AUDIT_LIST,
    KEY_USAGE_GET,
    KeyQuota,
    KeyUsage,
    ListKeyAudit,
    ReadKeyUsage,
)
from palaver.contracts.keyvault import (
    KEY_CHANGE,
    KEY_CREATE,
    KEY_DELETE,
    KEY_DISABLE,
    KEY_ENABLE,
    KEY_GET,
    KEY_LIST,
    KEY_PROTECT,
    SEAL_CONTEXT_CREATE,
    ChangeKey,
    CreateKey,
    KeySecret,
    KeyView,
    Label,
    ListKeys,
    OfKey,
    Order,
    ProtectKey,
    Roles,
    Scope,
    Weight,
)
from palaver.contracts.model_router import KEY_VALIDATE, PROVIDER_LIST, KeyVerdict, ListProviders, ValidateKey
from palaver.contracts.operations import AuditRecorded
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated, Caller, Id, Surroundings

router = APIRouter(prefix="/keys", tags=["keys"], route_class=IdempotentRoute)


class NewKeyBody(BaseModel):
    """A key for one of the providers of the catalogue; it is used at that provider's host only.

    Keys of the lowest `order` are used first, and share the calls by `weight`. A `shared` key is for people of `roles`,
    or for all if none are given; only administrators add one.
    """

    provider: str = Field(min_length=1, max_length=80)
    api_key: SecretStr = Field(min_length=1, max_length=4_096)
    label: Label = ""
    scope: Scope = "personal"
    roles: Roles = ()
    weight: Weight = 1
    order: Order = 0
    quota: KeyQuota = KeyQuota()


class ProtectedKeyBody(BaseModel):
    """A key in an envelope that your passphrase opens. `hint` are the last characters of the key, if it is long.

    All your protected keys share the `derivation` that `GET /keys/lock` says; for the first one, choose a salt.
    """

    provider: str = Field(min_length=1, max_length=80)
    envelope: PassphraseEnvelope
    hint: KeyHint = ""
    label: Label = ""
    weight: Weight = 1
    order: Order = 0
    quota: KeyQuota = KeyQuota()


class ChangeKeyBody(BaseModel):
    """What is given is changed. An empty `quota` lifts all limits."""

    label: Label | None = None
    weight: Weight | None = None
    order: Order | None = None
    roles: Roles | None = None
    quota: KeyQuota | None = None


async def host_of(provider_id: str, who: Caller, around: Surroundings) -> str:
    """Where keys of a provider are used. Raises Failure(NOT_FOUND)."""
    providers = (await around.broker.ask(PROVIDER_LIST, ListProviders(actor=who.actor))).providers
    host = next((provider.host for provider in providers if provider.id == provider_id), None)
    if host is None:
        raise Failure(ErrorCode.NOT_FOUND, "There is no such provider.")
    return host


@router.get("")
@router.get("/", include_in_schema=False)
async def list_keys(who: Authenticated, around: Around) -> Envelope[list[KeyView]]:
    """Your keys, by their last four characters, and the shared ones that you may use."""
    return Envelope(data=list((await around.broker.ask(KEY_LIST, ListKeys(actor=who.actor))).keys))


@router.post("", status_code=201)
@router.post("/", status_code=201, include_in_schema=False)
async def create_key(body: NewKeyBody, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Store a key."""
    secret = KeySecret(secret=body.api_key.get_secret_value())
    sealed = around.keyvault.seal(secret, context=SEAL_CONTEXT_CREATE)
    wishes = dict(body)
    del wishes["api_key"]
    request = CreateKey(actor=who.actor, host=await host_of(body.provider, who, around), sealed=sealed, **wishes)
    return Envelope(data=await around.broker.ask(KEY_CREATE, request))


@router.post("/protected", status_code=201)
async def protect_key(body: ProtectedKeyBody, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Store a key that is used only while your keys are unlocked. While others are, they have to be unlocked first."""
    offered = ProtectedKey(envelope=body.envelope, hint=body.hint)
    sealed = around.keyvault.seal(offered, context=SEAL_CONTEXT_CREATE_PROTECTED)
    wishes = dict(body)
    del wishes["envelope"], wishes["hint"]
    request = ProtectKey(actor=who.actor, host=await host_of(body.provider, who, around), sealed=sealed, **wishes)
    return Envelope(data=await around.broker.ask(KEY_PROTECT, request))


@router.get("/{key_id}")
async def read_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """One of them."""
    return Envelope(data=await around.broker.ask(KEY_GET, OfKey(actor=who.actor, key_id=KeyId(key_id))))


@router.put("/{key_id}")
async def change_key(key_id: Id, body: ChangeKeyBody, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Change a key's label, its place among others, or its quota. The key itself stays: a new one is another key."""
    request = ChangeKey(actor=who.actor, key_id=KeyId(key_id), **dict(body))
    return Envelope(data=await around.broker.ask(KEY_CHANGE, request))


@router.post("/{key_id}/disable")
async def disable_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Use a key no more; workers forget it at once."""
    return Envelope(data=await around.broker.ask(KEY_DISABLE, OfKey(actor=who.actor, key_id=KeyId(key_id))))


@router.post("/{key_id}/enable")
async def enable_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Use it again."""
    return Envelope(data=await around.broker.ask(KEY_ENABLE, OfKey(actor=who.actor, key_id=KeyId(key_id))))


@router.get("/{key_id}/usage")
async def read_key_usage(
    key_id: Id,
    who: Authenticated,
    around: Around,
    days: Annotated[int, Query(ge=1, le=limits.MAX_KEY_USAGE_DAYS)] = 30,
) -> Envelope[KeyUsage]:
    """What a key was used for, by day of UTC, and its quota."""
    request = ReadKeyUsage(actor=who.actor, key_id=KeyId(key_id), days=days)
    return Envelope(data=await around.broker.ask(KEY_USAGE_GET, request))


@router.get("/{key_id}/audit")
async def list_key_audit(
    key_id: Id,
    who: Authenticated,
    around: Around,
    before: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
) -> Envelope[list[AuditRecorded]]:
    """Who did what with a key, newest first; `before` is the moment of the last entry that you have."""
    request = ListKeyAudit(actor=who.actor, key_id=KeyId(key_id), before=before, limit=limit)
    return Envelope(data=list((await around.broker.ask(KEY_AUDIT_LIST, request)).entries))


@router.post("/{key_id}/validate")
async def validate_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[KeyVerdict]:
    """Try a key at its provider."""
    return Envelope(data=await around.broker.ask(KEY_VALIDATE, ValidateKey(actor=who.actor, key_id=KeyId(key_id))))


@router.delete("/{key_id}")
async def delete_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a key; workers forget it at once."""
    await around.broker.ask(KEY_DELETE, OfKey(actor=who.actor, key_id=KeyId(key_id)))
    return done()
