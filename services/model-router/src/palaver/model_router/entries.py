"""Entries of the catalogue as they are written down, in TOML or in the registry's tables, and what is made of them."""

from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from palaver.contracts.model_router import Capabilities, CatalogueSource, Grammar, Listing, PromptCache
from palaver.model_router.domain import Elsewhere, Model, Price, ProtocolName, Provider
from palaver.model_router.providers.loading import protocols

DEFAULT_RESERVE = 4_096
"""Tokens of the window kept for an answer, unless an entry says otherwise or the model answers shorter."""

USUAL_TOKENIZER = "o200k_base"
"""Of a provider whose entry and adapter name none."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200, pattern=r"^[^\s*>]+$")
    display_name: str


class ProviderEntry(_Entry):
    """A provider's facts. Without a grammar or tokenizer, its adapter's."""

    protocol: ProtocolName
    base_url: str = Field(pattern=r"^https?://[^\s]+$")
    needs_key: bool = True
    grammar: Grammar | None = None
    cache: PromptCache = PromptCache()
    tokenizer: str | None = None
    output_limit: str = "max_tokens"
    reports_usage: bool = True
    max_calls: int | None = Field(default=None, gt=0)
    listing: Listing = "plain"

    @field_validator("protocol")
    @classmethod
    def _spoken(cls, protocol: str) -> str:
        """Raises ValueError for a protocol without an adapter."""
        if protocol not in protocols():
            raise ValueError(f"no adapter speaks {protocol}; there are {', '.join(sorted(protocols()))}")
        return protocol


class ElsewhereEntry(BaseModel):
    """Another provider of the same model, and its name there if it is another one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    upstream: str | None = None


class ModelEntry(_Entry):
    """A model's facts; what is None is its provider's, or the provider."""

    provider: str
    upstream: str | None = None
    description: str = ""
    window: int = Field(gt=0)
    max_output: int = Field(gt=0)
    reserve: int | None = Field(default=None, gt=0)
    tokenizer: str | None = None
    message_overhead: int = 4
    input_price: Decimal = Field(ge=0)
    output_price: Decimal = Field(ge=0)
    cached_input_price: Decimal | None = Field(default=None, ge=0)
    cache_write_price: Decimal | None = Field(default=None, ge=0)
    capabilities: Capabilities = Capabilities()
    grammar: Grammar | None = None
    cache: PromptCache | None = None
    also_at: tuple[ElsewhereEntry, ...] = Field(default=(), max_length=8)
    fallbacks: tuple[str, ...] = Field(default=(), max_length=8)


class Entries(BaseModel):
    """A file, or all rows of the registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    providers: tuple[ProviderEntry, ...] = ()
    models: tuple[ModelEntry, ...] = ()


def provider_of(entry: ProviderEntry, source: CatalogueSource, base_url: str | None = None) -> Provider:
    """The provider, at another base URL if one is given."""
    return Provider(
        id=entry.id,
        display_name=entry.display_name,
        protocol=entry.protocol,
        base_url=(base_url or entry.base_url).rstrip("/"),
        needs_key=entry.needs_key,
        output_limit=entry.output_limit,
        reports_usage=entry.reports_usage,
        source=source,
        tokenizer=_tokenizer(entry),
        grammar=entry.grammar or protocols()[entry.protocol].grammar,
        cache=entry.cache,
        max_calls=entry.max_calls,
        listing=entry.listing,
    )


def _tokenizer(entry: ProviderEntry) -> str:
    own = protocols()[entry.protocol].tokenizer
    return entry.tokenizer or (own.name if own is not None else USUAL_TOKENIZER)


def model_of(entry: ModelEntry, source: CatalogueSource, providers: Mapping[str, Provider]) -> Model:
    """The model with its provider's facts where it has none. Raises ValueError for what does not fit together."""
    provider = providers.get(entry.provider)
    if provider is None:
        raise ValueError(f"model {entry.id} names the unknown provider {entry.provider}")
    reserve = entry.reserve or min(DEFAULT_RESERVE, entry.max_output)
    if reserve > entry.max_output or reserve >= entry.window:
        raise ValueError(f"model {entry.id}: reserve {reserve} does not fit max_output and window")
    price = Price(
        input=entry.input_price,
        output=entry.output_price,
        cached_input=entry.input_price if entry.cached_input_price is None else entry.cached_input_price,
        cache_write=entry.input_price if entry.cache_write_price is None else entry.cache_write_price,
    )
    return Model(
        id=entry.id,
        provider=provider,
        upstream=entry.upstream or entry.id,
        display_name=entry.display_name,
        description=entry.description,
        window=entry.window,
        max_output=entry.max_output,
        reserve=reserve,
        tokenizer=entry.tokenizer or provider.tokenizer,
        message_overhead=entry.message_overhead,
        price=price,
        capabilities=entry.capabilities,
        grammar=entry.grammar or provider.grammar,
        cache=entry.cache or provider.cache,
        source=source,
        also_at=tuple(Elsewhere(there.provider, there.upstream) for there in entry.also_at),
        fallbacks=entry.fallbacks,
    )
