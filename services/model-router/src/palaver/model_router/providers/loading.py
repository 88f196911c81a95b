"""Finds the adapter of a wire protocol and loads it once, off the event loop: SDKs are slow to import."""

import asyncio
from importlib import import_module
from typing import Protocol, cast

from palaver.model_router.domain import ProtocolName, Provider
from palaver.model_router.ports import ProviderAdapter

_PLACES: dict[ProtocolName, tuple[str, str]] = {
    "openai": ("palaver.model_router.providers.openai", "OpenAIChat"),
    "anthropic": ("palaver.model_router.providers.anthropic", "AnthropicMessages"),
}


class _Closable(ProviderAdapter, Protocol):
    async def close(self) -> None: ...


class LoadedAdapters:
    """`Adapters`; a resource of the service."""

    def __init__(self, *, connect_seconds: float) -> None:
        self._connect_seconds = connect_seconds
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
        for protocol in _PLACES:
            await self._load(protocol)

    async def of(self, provider: Provider) -> ProviderAdapter:
        """See `Adapters`."""
        return self._loaded.get(provider.protocol) or await self._load(provider.protocol)

    async def _load(self, protocol: ProtocolName) -> ProviderAdapter:
        async with self._loading:
            if protocol not in self._loaded:
                module, name = _PLACES[protocol]
                adapter_class = getattr(await asyncio.to_thread(import_module, module), name)
                self._loaded[protocol] = cast("_Closable", adapter_class(connect_seconds=self._connect_seconds))
            return self._loaded[protocol]
