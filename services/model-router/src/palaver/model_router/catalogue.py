"""Reads the catalogue of providers and models: data in TOML, checked before anything starts.

The built-in `catalogue.toml` may be extended or overridden by a file of the operator, entry by entry (same id = whole
entry replaced), and base URLs by settings.
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import Capabilities, Grammar, PromptCache
from palaver.model_router.domain import Model, Price, ProtocolName, Provider
from palaver.model_router.providers.loading import protocols

DEFAULT_RESERVE = 4_096
"""Tokens of the window kept for an answer, unless an entry says otherwise or the model answers shorter."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200, pattern=r"^[^\s*>]+$")
    display_name: str


class _ProviderEntry(_Entry):
    protocol: ProtocolName
    base_url: str = Field(pattern=r"^https?://[^\s]+$")
    needs_key: bool = True
    grammar: Grammar = Grammar()
    cache: PromptCache = PromptCache()
    tokenizer: str = "o200k_base"
    output_limit: str = "max_tokens"
    reports_usage: bool = True

    @field_validator("protocol")
    @classmethod
    def _spoken(cls, protocol: str) -> str:
        """Raises ValueError for a protocol without an adapter."""
        if protocol not in protocols():
            raise ValueError(f"no adapter speaks {protocol}; there are {', '.join(sorted(protocols()))}")
        return protocol


class _ModelEntry(_Entry):
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


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    providers: tuple[_ProviderEntry, ...] = ()
    models: tuple[_ModelEntry, ...] = ()


class Catalogue:
    """All providers and models, in the order of the files."""

    def __init__(self, providers: Iterable[Provider], models: Iterable[Model]) -> None:
        self._providers = {p.id: p for p in providers}
        self._models = {m.id: m for m in models}

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All of them."""
        return tuple(self._providers.values())

    @property
    def models(self) -> tuple[Model, ...]:
        """All of them."""
        return tuple(self._models.values())

    def find(self, model_id: str) -> Model | None:
        """One model, if it is known."""
        return self._models.get(model_id)

    def model(self, model_id: str) -> Model:
        """One model. Raises Failure(MODEL_NOT_FOUND)."""
        try:
            return self._models[model_id]
        except KeyError:
            raise Failure(ErrorCode.MODEL_NOT_FOUND, "This model is not in the catalogue.", model=model_id) from None

    def provider(self, provider_id: str) -> Provider:
        """One provider. Raises Failure(NOT_FOUND)."""
        try:
            return self._providers[provider_id]
        except KeyError:
            raise Failure(ErrorCode.NOT_FOUND, "This provider is not in the catalogue.", provider=provider_id) from None


def load(extension: Path | None = None, base_urls: Mapping[str, str] | None = None) -> Catalogue:
    """The built-in catalogue, extended by a file and with base URLs replaced.

    Raises ValueError (pydantic's or our own) that names the entry at fault, OSError when the file cannot be read.
    """
    built_in = _parse(files("palaver.model_router").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    extra = _parse(extension.read_text(encoding="utf-8")) if extension is not None else _File()
    overrides = dict(base_urls or {})
    entries = {entry.id: entry for entry in (*built_in.providers, *extra.providers)}
    unknown = set(overrides) - set(entries)
    if unknown:
        raise ValueError(f"base_urls names unknown providers: {', '.join(sorted(unknown))}")
    providers = {entry.id: _provider(entry, overrides.get(entry.id, entry.base_url)) for entry in entries.values()}
    models = {entry.id: _model(entry, entries, providers) for entry in (*built_in.models, *extra.models)}
    return Catalogue(providers.values(), models.values())


def _parse(text: str) -> _File:
    raw: dict[str, Any] = tomllib.loads(text)
    return _File.model_validate(raw)


def _provider(entry: _ProviderEntry, base_url: str) -> Provider:
    return Provider(
        id=entry.id,
        display_name=entry.display_name,
        protocol=entry.protocol,
        base_url=base_url.rstrip("/"),
        needs_key=entry.needs_key,
        output_limit=entry.output_limit,
        reports_usage=entry.reports_usage,
    )


def _model(
    entry: _ModelEntry, provider_entries: Mapping[str, _ProviderEntry], providers: Mapping[str, Provider]
) -> Model:
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
    usual = provider_entries[entry.provider]
    return Model(
        id=entry.id,
        provider=provider,
        upstream=entry.upstream or entry.id,
        display_name=entry.display_name,
        description=entry.description,
        window=entry.window,
        max_output=entry.max_output,
        reserve=reserve,
        tokenizer=entry.tokenizer or usual.tokenizer,
        message_overhead=entry.message_overhead,
        price=price,
        capabilities=entry.capabilities,
        grammar=entry.grammar or usual.grammar,
        cache=entry.cache or usual.cache,
    )
