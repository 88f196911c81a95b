"""Providers and models that administrators add to the built-in catalogue, without a restart. Owned by model-router.

What is added with the id of a built-in entry, or of one from the operator's file, stands in its place until it is
deleted.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from palaver.contracts.actors import Actor
from palaver.contracts.figures import NUMBER, money
from palaver.contracts.ids import UserId
from palaver.contracts.model_router import Capabilities, CatalogueSource, Grammar, Listing, PromptCache
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, control, query

ProviderId = Annotated[str, StringConstraints(max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
ModelId = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9][^\s*>\x00-\x1f]*$")]
DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Tokens = Annotated[int, Field(gt=0, le=100_000_000), NUMBER]
Price = Annotated[
    Decimal, Field(ge=0, le=1_000, max_digits=20, decimal_places=12), NUMBER, money(whole_digits=3, places=12)
]
"""US dollars per 1,000 tokens."""


class ProviderFacts(Payload):
    """What is known about a provider; what is left out is taken from `preset`, a provider of the catalogue, if given.

    `protocol` names an adapter, `output_limit` the request's field that bounds an answer (Chat Completions only),
    `reports_usage` whether a stream may be asked for its usage, `tokenizer` a family for counting.
    """

    preset: ProviderId | None = None
    display_name: DisplayName | None = None
    protocol: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    base_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] | None = None
    needs_key: StrictBool | None = None
    output_limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    reports_usage: StrictBool | None = None
    tokenizer: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    grammar: Grammar | None = None
    cache: PromptCache | None = None
    listing: Listing | None = None


class ModelFacts(Payload):
    """What is known about a model; what is left out is its provider's, or the careful choice.

    `upstream` is the provider's own name for it, `reserve` what of the window is kept for an answer.
    """

    provider: ProviderId
    upstream: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    display_name: DisplayName | None = None
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    window: Tokens
    max_output: Tokens
    reserve: Tokens | None = None
    tokenizer: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    input_price: Price
    output_price: Price
    cached_input_price: Price | None = None
    cache_write_price: Price | None = None
    capabilities: Capabilities = Capabilities()
    grammar: Grammar | None = None
    cache: PromptCache | None = None


class _Origin(Payload):
    source: CatalogueSource
    updated_at: datetime | None = None
    updated_by: UserId | None = None


class RegisteredProvider(_Origin):
    """A provider with all its facts. Only what `admin` added has been updated by somebody."""

    id: str
    display_name: str
    protocol: str
    base_url: str
    host: str
    needs_key: bool
    output_limit: str
    reports_usage: bool
    tokenizer: str
    grammar: Grammar
    cache: PromptCache
    listing: Listing = "plain"


class RegisteredModel(_Origin):
    """A model with all its facts."""

    id: str
    provider: str
    upstream: str
    display_name: str
    description: str
    window: int
    max_output: int
    reserve: int
    tokenizer: str
    input_price: Decimal
    output_price: Decimal
    cached_input_price: Decimal
    cache_write_price: Decimal
    capabilities: Capabilities
    grammar: Grammar
    cache: PromptCache


class ListRegistered(Payload):
    """All of them, for an administrator."""

    actor: Actor


class RegisteredProviders(Payload):
    """Providers in catalogue order."""

    providers: tuple[RegisteredProvider, ...]


class RegisteredModels(Payload):
    """Models in catalogue order."""

    models: tuple[RegisteredModel, ...]


class CreateProvider(Payload):
    """Add a provider under an id that is free."""

    actor: Actor
    id: ProviderId
    facts: ProviderFacts


class PutProvider(CreateProvider):
    """Replace a provider's facts."""


class OfProvider(Payload):
    """A request about one provider."""

    actor: Actor
    id: str = Field(max_length=80)


class CreateModel(Payload):
    """Add a model under an id that is free."""

    actor: Actor
    id: ModelId
    facts: ModelFacts


class PutModel(CreateModel):
    """Replace a model's facts."""


class OfModel(Payload):
    """A request about one model."""

    actor: Actor
    id: str = Field(max_length=200)


class RegistryChanged(Payload):
    """The registry as of `version` differs from the one before."""

    version: int


REGISTRY_CHANGED = control(
    "model-router.registry.changed.v1", RegistryChanged, "An administrator changed providers or models: read them anew."
)

PROVIDER_CREATE = query("model-router.provider.create.v1", CreateProvider, RegisteredProvider, "Add a provider.")
PROVIDER_UPDATE = query("model-router.provider.update.v1", PutProvider, RegisteredProvider, "Replace a provider.")
PROVIDER_DELETE = query("model-router.provider.delete.v1", OfProvider, Done, "Delete a provider that was added.")
PROVIDER_REGISTERED = query(
    "model-router.provider.registered.v1", ListRegistered, RegisteredProviders, "All providers, with all facts."
)
MODEL_CREATE = query("model-router.model.create.v1", CreateModel, RegisteredModel, "Add a model.")
MODEL_UPDATE = query("model-router.model.update.v1", PutModel, RegisteredModel, "Replace a model.")
MODEL_DELETE = query("model-router.model.delete.v1", OfModel, Done, "Delete a model that was added.")
MODEL_REGISTERED = query(
    "model-router.model.registered.v1", ListRegistered, RegisteredModels, "All models, with all facts."
)
