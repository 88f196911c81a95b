"""The catalogue of providers and models: data, checked before anything starts.

The built-in `catalogue.toml` may be extended or overridden by a file of the operator, entry by entry (same id = whole
entry replaced), and base URLs by settings. On top of both lies what administrators added (`registry.py`).
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import structlog

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import CatalogueSource
from palaver.model_router.domain import Model, Provider
from palaver.model_router.entries import Entries, ModelEntry, ProviderEntry, model_of, provider_of

_E = TypeVar("_E", ProviderEntry, ModelEntry)

_log = structlog.get_logger()


class Catalogue:
    """All providers and models, in the order of their sources. Never changes."""

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

    def find_provider(self, provider_id: str) -> Provider | None:
        """One provider, if it is known."""
        return self._providers.get(provider_id)

    def provider(self, provider_id: str) -> Provider:
        """One provider. Raises Failure(NOT_FOUND)."""
        try:
            return self._providers[provider_id]
        except KeyError:
            raise Failure(ErrorCode.NOT_FOUND, "This provider is not in the catalogue.", provider=provider_id) from None


@dataclass(frozen=True)
class Shipped:
    """What this process was started with: the built-in entries, the operator's, and base URLs that replace theirs."""

    providers: Mapping[str, tuple[ProviderEntry, CatalogueSource]]
    models: Mapping[str, tuple[ModelEntry, CatalogueSource]]
    base_urls: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def own_providers(self) -> dict[str, Provider]:
        """Without anybody's additions."""
        return {
            id_: provider_of(entry, source, self.base_urls.get(id_)) for id_, (entry, source) in self.providers.items()
        }

    def with_added(self, added: Entries) -> Catalogue:
        """The catalogue with what administrators added. What does not fit together is left out, and logged: a worker
        without some adapter serves all other models.
        """
        providers = self.own_providers | {entry.id: provider_of(entry, "admin") for entry in added.providers}
        models: dict[str, Model] = {}
        for id_, (entry, source) in (dict(self.models) | _sourced(added.models, "admin")).items():
            try:
                models[id_] = model_of(entry, source, providers)
            except ValueError as error:
                _log.error("catalogue_entry_unusable", model=id_, source=source, reason=str(error))
        return Catalogue(providers.values(), models.values())


def shipped(extension: Path | None = None, base_urls: Mapping[str, str] | None = None) -> Shipped:
    """The built-in entries, extended by a file and with base URLs replaced.

    Raises ValueError (pydantic's or our own) that names the entry at fault, OSError when the file cannot be read.
    """
    built_in = _parse(files("palaver.model_router").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    operator = _parse(extension.read_text(encoding="utf-8")) if extension is not None else Entries()
    overrides = dict(base_urls or {})
    providers = _sourced(built_in.providers, "built_in") | _sourced(operator.providers, "operator")
    unknown = set(overrides) - set(providers)
    if unknown:
        raise ValueError(f"base_urls names unknown providers: {', '.join(sorted(unknown))}")
    models = _sourced(built_in.models, "built_in") | _sourced(operator.models, "operator")
    made = Shipped(providers, models, overrides)
    known = made.own_providers
    for entry, source in models.values():
        model_of(entry, source, known)
    return made


def load(extension: Path | None = None, base_urls: Mapping[str, str] | None = None) -> Catalogue:
    """The catalogue without anybody's additions. Raises what `shipped` raises."""
    return shipped(extension, base_urls).with_added(Entries())


def _parse(text: str) -> Entries:
    raw: dict[str, Any] = tomllib.loads(text)
    return Entries.model_validate(raw)


def _sourced(entries: Iterable[_E], source: CatalogueSource) -> dict[str, tuple[_E, CatalogueSource]]:
    return {entry.id: (entry, source) for entry in entries}
