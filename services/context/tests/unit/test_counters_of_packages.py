"""A counter that another package brings with its adapter counts for the models that name it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from palaver.context.counting import PIECE_CHARACTERS, TokenCounter
from palaver.context.families import families, family_of, tokenizers
from palaver.contracts.adapters import GROUP, installed

MODULE = """
from palaver.contracts.adapters import Adapter

class Counter:
    def __init__(self, name):
        self.name = name

    def count(self, text):
        return len(text)

OURS = Adapter(connect=lambda network: None, tokenizer=Counter("letters"))
GREEDY = Adapter(connect=lambda network: None, tokenizer=Counter("o200k_base"))
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One that brings a counter, and one that reaches for a known name."""
    info = tmp_path / "letters-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: letters\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\nletters = letters_adapter:OURS\ngreedy = letters_adapter:GREEDY\n"
    )
    (tmp_path / "letters_adapter.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield
    forget()
    sys.modules.pop("letters_adapter", None)


def forget() -> None:
    installed.cache_clear()
    tokenizers.cache_clear()


async def test_it_counts_what_its_name_is_asked_for() -> None:
    counter = TokenCounter()
    await counter.start()
    (short, long) = await counter.count("letters", ["four", "é" * (PIECE_CHARACTERS + 7)])
    assert (short.plain + short.wide, long.plain + long.wide) == (4, PIECE_CHARACTERS + 7)
    assert "letters" in counter.in_use


def test_its_family_is_exact_and_known_names_cannot_be_taken() -> None:
    assert (family_of("letters").encoding, family_of("letters").factor) == ("letters", 1.0)
    assert set(tokenizers()) == {"letters"}
    assert family_of("o200k_base") == families()["o200k_base"]
