"""Provider keys. A key is sealed to the vault the moment it is read, and never comes back."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr, StringConstraints

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import (
    KEY_CREATE,
    KEY_DELETE,
    KEY_LIST,
    SEAL_CONTEXT_CREATE,
    CreateKey,
    KeySecret,
    KeyView,
    ListKeys,
    OfKey,
)
from palaver.contracts.model_router import KEY_VALIDATE, PROVIDER_LIST, KeyVerdict, ListProviders, ValidateKey
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/keys", tags=["keys"], route_class=IdempotentRoute)


class NewKeyBody(BaseModel):
    """A key for one of the providers of the catalogue; it is used at that provider's host only."""

    provider: str = Field(min_length=1, max_length=80)
    api_key: SecretStr = Field(min_length=1, max_length=4_096)
    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""


@router.get("")
@router.get("/", include_in_schema=False)
async def list_keys(who: Authenticated, around: Around) -> Envelope[list[KeyView]]:
    """Your keys, by their last four characters."""
    return Envelope(data=list((await around.broker.ask(KEY_LIST, ListKeys(actor=who.actor))).keys))


@router.post("", status_code=201)
@router.post("/", status_code=201, include_in_schema=False)
async def create_key(body: NewKeyBody, who: Authenticated, around: Around) -> Envelope[KeyView]:
    """Store a key."""
    secret = KeySecret(secret=body.api_key.get_secret_value())
    sealed = around.keyvault.seal(secret, context=SEAL_CONTEXT_CREATE)
    providers = (await around.broker.ask(PROVIDER_LIST, ListProviders(actor=who.actor))).providers
    host = next((provider.host for provider in providers if provider.id == body.provider), None)
    if host is None:
        raise Failure(ErrorCode.NOT_FOUND, "There is no such provider.")
    request = CreateKey(actor=who.actor, provider=body.provider, host=host, label=body.label, sealed=sealed)
    return Envelope(data=await around.broker.ask(KEY_CREATE, request))


@router.post("/{key_id}/validate")
async def validate_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[KeyVerdict]:
    """Try a key at its provider."""
    return Envelope(data=await around.broker.ask(KEY_VALIDATE, ValidateKey(actor=who.actor, key_id=KeyId(key_id))))


@router.delete("/{key_id}")
async def delete_key(key_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a key; workers forget it at once."""
    await around.broker.ask(KEY_DELETE, OfKey(actor=who.actor, key_id=KeyId(key_id)))
    return done()
