"""Adapters are found by the name of their protocol, those of other packages by entry point."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.providers import loading
from palaver.model_router.providers.network import Network

ADAPTER = """
class Smoke:
    def __init__(self, network):
        self.connect_seconds = network.connect_seconds
        self.closed = False

    async def close(self):
        self.closed = True
"""
PROVIDER = """
[[providers]]
id = "hills"
display_name = "The hills"
protocol = "smoke-signals"
base_url = "http://127.0.0.1:1"
needs_key = false
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with an adapter of its own, and one that reaches for a built-in name."""
    info = tmp_path / "smoke_signals-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: smoke-signals\nVersion: 1\n")
    lines = [
        f"[{loading.GROUP}]",
        "smoke-signals = smoke_signals_adapter:Smoke",
        "openai = smoke_signals_adapter:Smoke",
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (tmp_path / "smoke_signals_adapter.py").write_text(ADAPTER)
    monkeypatch.syspath_prepend(tmp_path)
    loading.protocols.cache_clear()
    yield tmp_path
    loading.protocols.cache_clear()
    sys.modules.pop("smoke_signals_adapter", None)


async def test_a_protocol_of_another_package_is_spoken(installed: Path) -> None:
    extra = installed / "extra.toml"
    extra.write_text(PROVIDER)
    provider = catalogue.load(extra).provider("hills")
    adapters = loading.LoadedAdapters(Network(connect_seconds=2.0, addresses=Addresses()))
    adapter = await adapters.of(provider)
    assert type(adapter).__name__ == "Smoke"
    assert await adapters.of(provider) is adapter
    await adapters.stop()
    assert vars(adapter) == {"connect_seconds": 2.0, "closed": True}


def test_a_built_in_name_cannot_be_taken(installed: Path) -> None:
    assert loading.protocols()["openai"].value == "palaver.model_router.providers.openai:OpenAIChat"


async def test_every_built_in_protocol_loads_and_closes() -> None:
    adapters = loading.LoadedAdapters(Network(connect_seconds=1.0, addresses=Addresses()))
    await adapters.warm_up()
    for provider in catalogue.load().providers:
        assert await adapters.of(provider)
    await adapters.stop()
