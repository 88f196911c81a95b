"""What a provider remembers of prompts: how many tokens of a request it need not read again. Pure but for its memory.

Two kinds, as providers have them. `prefix`: any beginning that was seen before counts, from `min_tokens` on, in steps
of `block_tokens` (developers.openai.com/api/docs/guides/prompt-caching, models before GPT-5.6; implicit caching in
ai.google.dev/gemini-api/docs/caching). `markers`: only beginnings up to a mark are kept, and looked for up to 20 blocks
before a mark (platform.claude.com/docs/en/build-with-claude/prompt-caching). Nothing expires; the oldest go first.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from palaver.simulator.conversation import Said
from palaver.simulator.tokens import Counting, count_prompt, tokens_of

LOOK_BACK_BLOCKS = 20
_SLICE_CHARACTERS = 256
"""Prefixes are compared at these steps inside a message, and at its end."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How one provider caches; figures in its own tokens."""

    kind: Literal["prefix", "markers"]
    min_tokens: int = 1_024
    block_tokens: int = 128
    max_markers: int = 4


@dataclass(frozen=True, slots=True)
class CacheUse:
    """Input tokens that came from the cache, and that were put there because of a mark."""

    read: int = 0
    written: int = 0


UNCACHED = CacheUse()


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A beginning of a prompt: it ends inside or at the end of message `message`."""

    digest: bytes
    tokens: float
    message: int
    whole: bool


class PromptCaches:
    """The caches of all models and keys of a world."""

    def __init__(self, max_prefixes: int) -> None:
        self._max_prefixes = max_prefixes
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def use(
        self, policy: CachePolicy, owner: str, said: Sequence[Said], counting: Counting, markers: Sequence[int]
    ) -> CacheUse:
        """What this prompt finds, and what it leaves for the next. `owner` keeps models and keys apart."""
        prefixes = list(_prefixes(owner, said, counting))
        if policy.kind == "markers":
            return self._marked(policy, prefixes, markers)
        known = max((p.tokens for p in prefixes if p.digest in self._seen), default=0.0)
        self._keep(p for p in prefixes if p.tokens >= policy.min_tokens)
        blocks = int(known) // policy.block_tokens
        return CacheUse(read=min(blocks * policy.block_tokens, count_prompt(said, counting)))

    def clear(self) -> None:
        """Forget everything."""
        self._seen.clear()

    def _marked(self, policy: CachePolicy, prefixes: Sequence[_Prefix], markers: Sequence[int]) -> CacheUse:
        ends = {p.message: p for p in prefixes if p.whole}
        looked_at = {i for mark in markers for i in range(mark - LOOK_BACK_BLOCKS + 1, mark + 1)} & ends.keys()
        read = max((int(ends[i].tokens) for i in looked_at if ends[i].digest in self._seen), default=0)
        kept = [ends[mark] for mark in markers if mark in ends and ends[mark].tokens >= policy.min_tokens]
        self._keep(iter(kept))
        reached = max((int(p.tokens) for p in kept), default=0)
        return CacheUse(read, max(0, reached - read))

    def _keep(self, prefixes: Iterator[_Prefix]) -> None:
        for prefix in prefixes:
            self._seen[prefix.digest] = None
            self._seen.move_to_end(prefix.digest)
        while len(self._seen) > self._max_prefixes:
            self._seen.popitem(last=False)


def _prefixes(owner: str, said: Sequence[Said], counting: Counting) -> Iterator[_Prefix]:
    """The beginnings of a prompt at which prefixes are compared, shortest first."""
    digest = hashlib.blake2b(owner.encode(), digest_size=_DIGEST_BYTES)
    total = 0.0
    for number, message in enumerate(said):
        digest.update(b"\x00" + message.role.encode() + b"\x00")
        total += counting.per_message
        ends = range(_SLICE_CHARACTERS, len(message.text) + _SLICE_CHARACTERS, _SLICE_CHARACTERS)
        for end in ends:
            part = message.text[end - _SLICE_CHARACTERS : end]
            digest.update(part.encode("utf-8", "surrogatepass"))
            total += tokens_of(part, counting)
            yield _Prefix(digest.copy().digest(), total, number, whole=end >= len(message.text))
