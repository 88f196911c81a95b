"""The use-case: administrators add, change and delete providers and models."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from palaver.contracts import limits
from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.registry import CreateModel, CreateProvider, ModelFacts, ProviderFacts
from palaver.model_router import audit_events, registry_store
from palaver.model_router.addresses import Addresses
from palaver.model_router.catalogue import Catalogue
from palaver.model_router.domain import Model, Provider
from palaver.model_router.entries import ModelEntry, ProviderEntry, model_of, provider_of
from palaver.model_router.ports import RegistryNews, Roles
from palaver.model_router.providers.loading import protocols
from palaver.model_router.registry import Registry
from palaver.model_router.registry_store import Added, Change, Kind
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.transactions import Transactions, Work

_E = TypeVar("_E", ProviderEntry, ModelEntry)

ADMINISTRATORS = {Role.OWNER, Role.ADMIN}
_PLAIN = "approximate"
"""The tokenizer of a provider of which nobody says more."""


@dataclass(frozen=True, slots=True)
class _Changing:
    """An open change: everything as it was read under the lock."""

    work: Work
    added: Added
    catalogue: Catalogue

    def has(self, kind: Kind, entry_id: str) -> bool:
        """Whether an administrator added it."""
        return (kind, entry_id) in self.added.changes

    def count(self, kind: Kind) -> int:
        """How many were added."""
        return sum(added == kind for added, _ in self.added.changes)


class Administration:
    """Each change is authorised, checked against all others under one lock, audited in its transaction, and
    told to all workers.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        transactions: Transactions,
        addresses: Addresses,
        news: RegistryNews,
        roles: Roles,
        clock: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._transactions = transactions
        self._addresses = addresses
        self._news = news
        self._roles = roles
        self._clock = clock

    async def authorise(self, actor: Actor, target: tuple[Kind, str], action: str) -> None:
        """A token may claim what its person has lost since. Raises Failure(FORBIDDEN), which is in the audit trail,
        Unavailable."""
        if actor.role in ADMINISTRATORS and await self._roles.now(actor.user_id) in ADMINISTRATORS:
            return
        async with self._transactions.begin() as work:
            await work.say(
                audit_events.recorded(
                    action, actor, target, self._clock(), outcome="refused", details={"reason": "not an admin"}
                )
            )
        raise Failure(ErrorCode.FORBIDDEN, "Only an administrator may change providers and models.")

    # ---- providers ---------------------------------------------------------------------------------------------------
    async def create_provider(self, request: CreateProvider) -> Provider:
        """Add one. Raises Failure(FORBIDDEN, CONFLICT, VALIDATION_FAILED), Unavailable."""
        return await self._put_provider(request, "create")

    async def update_provider(self, request: CreateProvider) -> Provider:
        """Replace one, a built-in one too. Raises Failure(FORBIDDEN, NOT_FOUND, VALIDATION_FAILED), Unavailable."""
        return await self._put_provider(request, "update")

    async def _put_provider(self, request: CreateProvider, action: str) -> Provider:
        await self.authorise(request.actor, ("provider", request.id), action)
        async with self._change() as change:
            if action == "create":
                self._require_room(change, "provider", request.id, limits.MAX_ADDED_PROVIDERS)
            else:
                change.catalogue.provider(request.id)
            entry = self._provider_entry(request.id, request.facts, change.catalogue)
            provider = provider_of(entry, "admin")
            await self._keep(change, entry, request.actor, action, {"host": provider.host})
        return provider

    def _provider_entry(self, provider_id: str, facts: ProviderFacts, catalogue: Catalogue) -> ProviderEntry:
        known: dict[str, Any] = {"display_name": provider_id}
        if facts.preset is not None:
            preset = catalogue.find_provider(facts.preset)
            if preset is None:
                raise _invalid("preset", f"There is no provider {facts.preset!r}.")
            known = {name: getattr(preset, name) for name in ProviderEntry.model_fields}
        said = {name: value for name, value in facts if value is not None and name != "preset"}
        merged = known | said | {"id": provider_id}
        for needed in ("protocol", "base_url"):
            if needed not in merged:
                raise _invalid(needed, f"A provider needs a {needed}, or a preset that has one.")
        entry = _entry(ProviderEntry, merged)
        if entry.tokenizer is None and protocols()[entry.protocol].tokenizer is None:
            entry = entry.model_copy(update={"tokenizer": _PLAIN})
        try:
            self._addresses.check(entry.base_url)
        except ValueError as error:
            raise _invalid("base_url", str(error)) from None
        return entry

    async def delete_provider(self, actor: Actor, provider_id: str) -> None:
        """Forget one that was added. Raises Failure(FORBIDDEN, NOT_FOUND, CONFLICT), Unavailable."""
        await self.authorise(actor, ("provider", provider_id), "delete")
        async with self._change() as change:
            if not change.has("provider", provider_id):
                change.catalogue.provider(provider_id)
                raise Failure(ErrorCode.CONFLICT, "This provider is built in; what is built in cannot be deleted.")
            using = [m.id for m in change.catalogue.models if m.provider.id == provider_id]
            if using and provider_id not in self._registry.shipped.providers:
                raise Failure(
                    ErrorCode.CONFLICT, "Models of this provider are still registered; delete them first.", models=using
                )
            await self._forget(change, "provider", provider_id, actor)

    # ---- models ------------------------------------------------------------------------------------------------------
    async def create_model(self, request: CreateModel) -> Model:
        """Add one. Raises Failure(FORBIDDEN, CONFLICT, VALIDATION_FAILED), Unavailable."""
        return await self._put_model(request, "create")

    async def update_model(self, request: CreateModel) -> Model:
        """Replace one, a built-in one too.

        Raises Failure(FORBIDDEN, MODEL_NOT_FOUND, VALIDATION_FAILED), Unavailable.
        """
        return await self._put_model(request, "update")

    async def _put_model(self, request: CreateModel, action: str) -> Model:
        await self.authorise(request.actor, ("model", request.id), action)
        async with self._change() as change:
            if action == "create":
                self._require_room(change, "model", request.id, limits.MAX_ADDED_MODELS)
            else:
                change.catalogue.model(request.id)
            entry = _model_entry(request.id, request.facts)
            model = _checked(entry, change.catalogue)
            await self._keep(change, entry, request.actor, action, {"provider": model.provider.id})
        return model

    async def delete_model(self, actor: Actor, model_id: str) -> None:
        """Forget one that was added. Raises Failure(FORBIDDEN, MODEL_NOT_FOUND, CONFLICT), Unavailable."""
        await self.authorise(actor, ("model", model_id), "delete")
        async with self._change() as change:
            if not change.has("model", model_id):
                change.catalogue.model(model_id)
                raise Failure(ErrorCode.CONFLICT, "This model is built in; what is built in cannot be deleted.")
            await self._forget(change, "model", model_id, actor)

    # ---- one change --------------------------------------------------------------------------------------------------
    @asynccontextmanager
    async def _change(self) -> AsyncGenerator[_Changing]:
        """Everything under the registry's lock; afterwards this process and all others know."""
        async with self._transactions.begin() as work:
            version = await registry_store.lock(work.conn)
            added = await registry_store.read(work.conn, version)
            yield _Changing(work, added, self._registry.shipped.with_added(added.entries))
        await self._news.registry_changed(version)
        with suppress(Unavailable):  # it is done all the same
            await self._registry.refresh()

    @staticmethod
    def _require_room(change: _Changing, kind: Kind, entry_id: str, most: int) -> None:
        there = change.catalogue.find_provider(entry_id) if kind == "provider" else change.catalogue.find(entry_id)
        if there is not None or change.has(kind, entry_id):
            raise Failure(ErrorCode.CONFLICT, f"There is a {kind} {entry_id!r} already.", id=entry_id)
        if change.count(kind) >= most:
            raise Failure(ErrorCode.CONFLICT, f"There are {most} added {kind}s already.", maximum=most)

    async def _keep(
        self, change: _Changing, entry: ProviderEntry | ModelEntry, actor: Actor, action: str, details: dict[str, str]
    ) -> None:
        now = self._clock()
        kind: Kind = "provider" if isinstance(entry, ProviderEntry) else "model"
        await registry_store.put(change.work.conn, entry, Change(now, actor.user_id))
        await change.work.say(audit_events.recorded(action, actor, (kind, entry.id), now, details=details))

    async def _forget(self, change: _Changing, kind: Kind, entry_id: str, actor: Actor) -> None:
        await registry_store.remove(change.work.conn, kind, entry_id)
        await change.work.say(audit_events.recorded("delete", actor, (kind, entry_id), self._clock()))


def _model_entry(model_id: str, facts: ModelFacts) -> ModelEntry:
    said = {name: value for name, value in facts if value is not None}
    return _entry(ModelEntry, {"display_name": model_id} | said | {"id": model_id})


def _checked(entry: ModelEntry, catalogue: Catalogue) -> Model:
    if catalogue.find_provider(entry.provider) is None:
        raise _invalid("provider", f"There is no provider {entry.provider!r}.")
    providers = {provider.id: provider for provider in catalogue.providers}
    try:
        return model_of(entry, "admin", providers)
    except ValueError:
        raise _invalid(
            "reserve", "What is kept for an answer fits into max_output and is smaller than the window."
        ) from None


def _entry(type_: type[_E], facts: dict[str, Any]) -> _E:
    try:
        return type_.model_validate(facts)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, wrong["loc"]))
        raise _invalid(field, wrong["msg"].removeprefix("Value error, ")) from None


def _invalid(field: str, sentence: str) -> Failure:
    return Failure(ErrorCode.VALIDATION_FAILED, sentence, field=field)
