"""Counts tokens with tiktoken, from ranks that ship in this package: no download, and never long on the event loop."""

import asyncio
import lzma
import tomllib
from base64 import b64decode
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from threading import Lock

import tiktoken

from palaver.context import ranks
from palaver.context.characters import characters_of, wide_in
from palaver.context.families import tokenizers
from palaver.context.rates import Count

MAX_INLINE_CHARACTERS = 8_000
"""Counting this much takes well under a millisecond; more goes to a thread."""
PIECE_CHARACTERS = 50_000
"""Longer texts are counted in pieces: splitting into words is not linear in a text without any break."""
MAX_REMEMBERED = 2_048
"""Headers, marks and prompts whose counts are kept."""

_loading = Lock()


@cache
def _pattern(name: str) -> str:
    return tomllib.loads(files(ranks).joinpath("encodings.toml").read_text("utf-8"))[name]["pattern"]


def unpacked(name: str) -> bytes:
    """The original rank file of an encoding: lines `<base64> <rank>`."""
    return lzma.decompress(files(ranks).joinpath(f"{name}.tiktoken.xz").read_bytes())


@cache
def _load(name: str) -> tiktoken.Encoding:
    pairs = (line.split() for line in unpacked(name).splitlines())
    merges = {b64decode(token): int(rank) for token, rank in pairs}
    return tiktoken.Encoding(name, pat_str=_pattern(name), mergeable_ranks=merges, special_tokens={})


def encoding(name: str) -> tiktoken.Encoding:
    """Load once (0.5 s, so never on the event loop). Raises FileNotFoundError for one that does not ship."""
    with _loading:
        return _load(name)


def tokens(name: str, text: str) -> int:
    """Tokens of a text. What looks like a special token is counted as the text that it is."""
    own = tokenizers().get(name)
    if own is not None:
        return sum(own.count(text[start : start + PIECE_CHARACTERS]) for start in range(0, len(text), PIECE_CHARACTERS))
    loaded = encoding(name)
    pieces = range(0, len(text), PIECE_CHARACTERS)
    return sum(len(loaded.encode_ordinary(text[start : start + PIECE_CHARACTERS])) for start in pieces)


def count(name: str, text: str) -> Count:
    """As `tokens`, those of wide characters apart; and the characters themselves."""
    total, wide_text = tokens(name, text), wide_in(text)
    wide = tokens(name, wide_text) if wide_text else 0
    return Count(max(0, total - wide), min(wide, total), *characters_of(text))


@lru_cache(maxsize=MAX_REMEMBERED)
def _remembered(name: str, text: str) -> Count:
    return count(name, text)


class TokenCounter:
    """The counts of texts, off the event loop where it takes long. Shared by all rooms of a process."""

    def __init__(self, preload: Sequence[str] = ()) -> None:
        self._preload = preload
        self._ready: set[str] = set()

    async def start(self) -> None:
        """Make ready what will be needed, so that the first window does not wait for it. (A `Resource`.)"""
        await asyncio.to_thread(tokenizers)  # imports other packages' adapters, if there are any
        for name in self._preload:
            await self.load(name)

    async def stop(self) -> None:
        """Nothing to close: encodings are shared by the process."""

    @property
    def in_use(self) -> tuple[str, ...]:
        """Encodings that somebody has asked for: new text is counted in all of them at once."""
        return tuple(sorted(self._ready))

    async def load(self, name: str) -> None:
        """Make an encoding ready."""
        if name not in self._ready:
            if name not in tokenizers():
                await asyncio.to_thread(encoding, name)
            self._ready.add(name)

    async def count(self, name: str, texts: Sequence[str]) -> list[Count]:
        """Tokens of each text."""
        await self.load(name)
        if sum(map(len, texts)) <= MAX_INLINE_CHARACTERS:
            return [count(name, text) for text in texts]
        return await asyncio.to_thread(lambda: [count(name, text) for text in texts])

    async def remembered(self, name: str, texts: Sequence[str]) -> list[Count]:
        """As `count`, for texts that come again and again."""
        await self.load(name)
        if sum(map(len, texts)) <= MAX_INLINE_CHARACTERS:
            return [_remembered(name, text) for text in texts]
        return await asyncio.to_thread(lambda: [_remembered(name, text) for text in texts])
