"""Finds the adapter of a wire protocol and loads it once, off the event loop: SDKs are slow to import.

A package of your own brings a further protocol by an entry point (docs/adapters.md). A built-in name cannot be taken.
"""

import asyncio
from importlib import import_module
from typing import Protocol, cast

from palaver.contracts.adapters import Adapter, installed
from palaver.model_router.domain import ProtocolName, Provider
from palaver.model_router.ports import ProviderAdapter
from palaver.model_router.providers.network import Network

_HERE = "palaver.model_router.providers"


def _later(module: str, name: str) -> Adapter:
    """A class of ours, whose module is imported when it is used."""
    place = f"{_HERE}.{module}"

    def connect(network: Network) -> ProviderAdapter:
        return getattr(import_module(place), name)(network)

    return Adapter(connect, modules=(place,))


_BUILT_IN: dict[ProtocolName, Adapter] = {
    "openai": _later("openai", "OpenAIChat"),
    "openai-responses": _later("openai_responses", "OpenAIResponses"),
    "anthropic": _later("anthropic", "AnthropicMessages"),
    "gemini": _later("gemini", "Gemini"),
}
"""Their grammars are the careful default; providers' entries say more."""


def protocols() -> dict[ProtocolName, Adapter]:
    """Every wire protocol that there is an adapter for, by name; no SDK is imported."""
    return {**installed(), **_BUILT_IN}


class _Closable(ProviderAdapter, Protocol):
    async def close(self) -> None: ...


class LoadedAdapters:
    """`Adapters`; a resource of the service."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._loaded: dict[ProtocolName, _Closable] = {}
        self._loading = asyncio.Lock()

    async def start(self) -> None:
        """Nothing is loaded before it is needed, or warmed up."""

    async def stop(self) -> None:
        """Close all connections."""
        for adapter in self._loaded.values():
            await adapter.close()
        self._loaded.clear()

    async def warm_up(self) -> None:
        """Load all protocols in the background, so that no first turn waits for it."""
        for protocol in protocols():
            await self._load(protocol)

    async def of(self, provider: Provider) -> ProviderAdapter:
        """See `Adapters`."""
        return self._loaded.get(provider.protocol) or await self._load(provider.protocol)

    async def _load(self, protocol: ProtocolName) -> ProviderAdapter:
        async with self._loading:
            if protocol not in self._loaded:
                self._loaded[protocol] = await self._connected(protocols()[protocol])
            return self._loaded[protocol]

    async def _connected(self, adapter: Adapter) -> _Closable:
        for module in adapter.modules:
            await asyncio.to_thread(import_module, module)
        return cast("_Closable", adapter.connect(self._network))
