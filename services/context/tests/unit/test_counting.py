"""Token counts without any download, equal to tiktoken's own."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from palaver.context.counting import PIECE_CHARACTERS, TokenCounter, count, encoding, tokens, unpacked
from palaver.context.families import families, family_of
from palaver.context.rates import Count

ORIGINALS = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
TEXTS = ("hello world", "你好世界", "don't  stop\n\n\nnow 12345", "🙂 naïve ﬁ", "<|endoftext|>", "")


@pytest.mark.parametrize(("name", "sha256"), ORIGINALS.items())
def test_packed_ranks_are_the_originals(name: str, sha256: str) -> None:
    assert hashlib.sha256(unpacked(name)).hexdigest() == sha256


@pytest.mark.parametrize("name", ORIGINALS)
def test_tokens_are_those_of_tiktokens_own_constructor(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    cached = hashlib.sha1(blob.encode(), usedforsecurity=False).hexdigest()
    (tmp_path / cached).write_bytes(unpacked(name))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    stated: dict[str, Any] = openai_public.ENCODING_CONSTRUCTORS[name]()
    theirs = tiktoken.Encoding(**stated)
    assert [encoding(name).encode_ordinary(text) for text in TEXTS] == [theirs.encode_ordinary(text) for text in TEXTS]


def test_long_texts_are_counted_in_pieces() -> None:
    assert tokens("o200k_base", "a" * (2 * PIECE_CHARACTERS)) == 2 * tokens("o200k_base", "a" * PIECE_CHARACTERS)


@given(st.text(st.sampled_from("ab 你好。かなᄀ가ｆ!\n")))
def test_wide_characters_are_counted_apart_and_nothing_twice(text: str) -> None:
    counted = count("o200k_base", text)
    assert counted.total == tokens("o200k_base", text)
    assert min(counted) >= 0


def test_a_text_in_one_script_is_all_of_it() -> None:
    assert count("o200k_base", "hello world").wide == 0
    assert count("o200k_base", "你好世界。").plain == 0


async def test_counts_inline_and_in_a_thread_agree() -> None:
    counter = TokenCounter()
    words = "many words " * 1_000
    counted = await counter.count("o200k_base", [words, "hello world"])
    assert counted == [count("o200k_base", words), Count(2, 0, 11, 0)]
    assert await counter.remembered("o200k_base", ["hello world"]) == [Count(2, 0, 11, 0)]
    assert counter.in_use == ("o200k_base",)


def test_every_family_names_an_encoding_that_ships() -> None:
    assert {family.encoding for family in families().values()} == set(ORIGINALS)


def test_an_unknown_tokenizer_is_approximated_with_a_wider_margin() -> None:
    unknown = family_of("somebody-elses")
    assert unknown == families()["approximate"]
    assert unknown.margin > families()["o200k_base"].margin
