"""Finds the adapter of a wire protocol and loads it once, off the event loop: SDKs are slow to import.

A package of your own brings a further protocol by an entry point, e.g. in its pyproject.toml:

    [project.entry-points."palaver.providers"]
    smoke-signals = "my_package.smoke:SmokeSignals"

The class is a `ProviderAdapter` with `close()`, made with a `Network`. A built-in name cannot be taken.
"""

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from palaver.model_router.domain import ProtocolName, Provider
from palaver.model_router.ports import ProviderAdapter
from palaver.model_router.providers.network import Network

GROUP = "palaver.providers"
"""The entry points of adapters."""
_HERE = "palaver.model_router.providers"
_BUILT_IN: dict[ProtocolName, str] = {
    "openai": f"{_HERE}.openai:OpenAIChat",
    "openai-responses": f"{_HERE}.openai_responses:OpenAIResponses",
    "anthropic": f"{_HERE}.anthropic:AnthropicMessages",
    "gemini": f"{_HERE}.gemini:Gemini",
}


@cache
def protocols() -> dict[ProtocolName, EntryPoint]:
    """Every wire protocol that there is an adapter for, by name; nothing is imported."""
    brought = {entry.name: entry for entry in entry_points(group=GROUP)}
    return brought | {name: EntryPoint(name, place, GROUP) for name, place in _BUILT_IN.items()}


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
                make = cast("Callable[..., _Closable]", await asyncio.to_thread(protocols()[protocol].load))
                self._loaded[protocol] = make(self._network)
            return self._loaded[protocol]
