"""The inbound edge: payload in, use-case, answer out. Decides nothing."""

from palaver.contracts.discovery import DiscoveredModels, DiscoverModels
from palaver.contracts.failures import ErrorCode
from palaver.contracts.identity import UserDeleted
from palaver.contracts.keyvault import KeyRevoked, KeysChanged
from palaver.contracts.model_configs import ConfigsChanged, GetModelConfig, ModelConfig, PutModelConfig
from palaver.contracts.model_router import (
    BreakerChanged,
    KeyVerdict,
    ListModels,
    ListProviders,
    ModelList,
    ProviderList,
    ReadModels,
    ReadSnapshots,
    Snapshots,
    ValidateKey,
)
from palaver.contracts.registry import RegistryChanged
from palaver.contracts.session import TurnsStopping
from palaver.model_router.availability import Standings
from palaver.model_router.checking import KeyCheck
from palaver.model_router.circuits import Circuits, key_circuit
from palaver.model_router.configuring import Configuration
from palaver.model_router.discovering import Discovery
from palaver.model_router.ports import KeySource
from palaver.model_router.registry import Registry
from palaver.model_router.running import HeldTurns
from palaver.model_router.wishes import Wishes


class CatalogueHandlers:
    """Questions about models and providers."""

    def __init__(self, registry: Registry, standings: Standings) -> None:
        self._registry = registry
        self._standings = standings

    async def on_model_list(self, request: ListModels) -> ModelList:
        """All models, or those of one provider."""
        known = self._registry.catalogue
        models = [model for model in known.models if request.provider in {None, model.provider.id}]
        return ModelList(models=await self._standings.cards(models, known, request.actor.user_id))

    async def on_model_read(self, request: ReadModels) -> ModelList:
        """Some models by id."""
        models = await self._registry.found(request.ids)
        return ModelList(models=await self._standings.cards(models, self._registry.catalogue, None))

    async def on_provider_list(self, request: ListProviders) -> ProviderList:  # noqa: ARG002 - everybody sees all
        """All providers."""
        return ProviderList(providers=tuple(provider.card for provider in self._registry.catalogue.providers))

    async def on_registry_changed(self, _: RegistryChanged) -> None:
        """Read it anew, soon."""
        self._registry.nudge()


class TurnHandlers:
    """What is said and asked about running turns."""

    def __init__(self, turns: HeldTurns) -> None:
        self._turns = turns

    async def on_turn_stop(self, stopping: TurnsStopping) -> None:
        """Stop those that run here."""
        for turn_id in stopping.turns:
            turn = self._turns.find(turn_id)
            if turn is not None:
                turn.interrupt("stopped")

    async def on_turn_snapshot(self, request: ReadSnapshots) -> Snapshots:
        """The texts so far of those that are here."""
        held = (self._turns.find(turn_id) for turn_id in request.turns)
        return Snapshots(turns=tuple(turn.snapshot for turn in held if turn is not None))


class KeyHandlers:
    """What is said and asked about keys."""

    def __init__(self, check: KeyCheck, keys: KeySource, circuits: Circuits) -> None:
        self._check = check
        self._keys = keys
        self._circuits = circuits

    async def on_key_revoked(self, revoked: KeyRevoked) -> None:
        """Forget the key."""
        self._keys.forget(revoked.key_id)

    async def on_keys_changed(self, changed: KeysChanged) -> None:
        """Ask for candidates anew; a key that was refused may be a good one now."""
        for key_id in self._keys.changed(changed.user_id, changed.provider):
            if self._circuits.of(key_circuit(key_id)).code is ErrorCode.KEY_INVALID:
                self._circuits.reset(key_circuit(key_id))

    async def on_breaker_changed(self, change: BreakerChanged) -> None:
        """Another worker saw a breaker open or close."""
        self._circuits.hear(change)

    async def on_key_validate(self, request: ValidateKey) -> KeyVerdict:
        """Try a key."""
        return await self._check.check(request.actor, request.key_id)


class DiscoveryHandlers:
    """What providers offer."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery

    async def on_model_discover(self, request: DiscoverModels) -> DiscoveredModels:
        """Ask a provider what it offers."""
        return await self._discovery.discover(request)


class ConfigHandlers:
    """What people choose for models."""

    def __init__(self, configuration: Configuration, wishes: Wishes) -> None:
        self._configuration = configuration
        self._wishes = wishes

    async def on_config_get(self, request: GetModelConfig) -> ModelConfig:
        """What somebody chose."""
        return await self._configuration.read(request)

    async def on_config_update(self, request: PutModelConfig) -> ModelConfig:
        """Choose."""
        return await self._configuration.change(request)

    async def on_config_changed(self, changed: ConfigsChanged) -> None:
        """Somebody chose, elsewhere perhaps."""
        self._wishes.forget(changed.user_id)

    async def on_user_deleted(self, gone: UserDeleted) -> None:
        """Somebody's account is gone."""
        await self._configuration.forget(gone.user_id)
