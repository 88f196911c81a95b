"""Adapters are found by the name of their protocol, those of other packages by entry point."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from palaver.contracts.adapters import GROUP
from palaver.contracts.adapters import installed as installed_adapters
from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.providers import loading
from palaver.model_router.providers.network import Network

EXAMPLE = Path(__file__).parents[1] / "example_adapter"
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
    lines = [f"[{GROUP}]", "smoke-signals = smoke_signals:ADAPTER", "openai = smoke_signals:ADAPTER"]
    (info / "entry_points.txt").write_text("\n".join(lines))
    shutil.copy(EXAMPLE / "smoke_signals.py", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    installed_adapters.cache_clear()
    yield tmp_path
    installed_adapters.cache_clear()
    sys.modules.pop("smoke_signals", None)


async def test_a_protocol_of_another_package_is_spoken(installed: Path) -> None:
    extra = installed / "extra.toml"
    extra.write_text(PROVIDER)
    provider = catalogue.load(extra).provider("hills")
    adapters = loading.LoadedAdapters(Network(connect_seconds=2.0, addresses=Addresses()))
    adapter = await adapters.of(provider)
    assert type(adapter).__name__ == "SmokeSignals"
    assert await adapters.of(provider) is adapter
    await adapters.stop()


def test_a_provider_has_the_grammar_and_the_counter_of_its_adapter(installed: Path) -> None:
    extra = installed / "extra.toml"
    extra.write_text(PROVIDER)
    provider = catalogue.load(extra).provider("hills")
    assert (provider.grammar.alternation, provider.grammar.empty_text, provider.tokenizer) == (False, True, "puffs")


def test_what_is_no_adapter_is_a_clear_error(installed: Path) -> None:
    (installed / "smoke_signals.py").write_text("ADAPTER = 7")
    sys.modules.pop("smoke_signals", None)
    installed_adapters.cache_clear()
    with pytest.raises(TypeError, match="smoke-signals"):
        loading.protocols()


def test_a_built_in_name_cannot_be_taken(installed: Path) -> None:
    assert loading.protocols()["openai"].modules == ("palaver.model_router.providers.openai",)
    assert installed.exists()


async def test_every_built_in_protocol_loads_and_closes() -> None:
    adapters = loading.LoadedAdapters(Network(connect_seconds=1.0, addresses=Addresses()))
    await adapters.warm_up()
    for provider in catalogue.load().providers:
        assert await adapters.of(provider)
    await adapters.stop()
