"""The tokenizer families: by whose ranks a model's text is counted, and how far the count can be trusted."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from palaver.context import ranks
from palaver.context.rates import Rates
from palaver.contracts.adapters import Tokenizer, installed
from palaver.contracts.model_router import ModelProfile

UNKNOWN = "approximate"
"""The family of every tokenizer that the table does not name."""
SESSION_ENCODING = "o200k_base"
"""Counts the shared conversation, and every family without an encoding of its own."""


OWN_MARGIN = 0.02
"""Left free for a family that a package counts by itself: formats add tokens, as those of known families do."""


@dataclass(frozen=True, slots=True)
class Family:
    """`tokens` of a text = its count in `encoding` times `factor`. `margin` is the share of a window to leave free."""

    name: str
    encoding: str
    factor: float
    margin: float

    def rates(self, message_overhead: float) -> Rates:
        """What is supposed of a model of which nothing was reported yet."""
        return Rates(self.factor, self.factor, message_overhead, self.margin)


@cache
def families() -> Mapping[str, Family]:
    """All families by name."""
    table = tomllib.loads(files(ranks).joinpath("families.toml").read_text("utf-8"))
    return MappingProxyType({name: Family(name, **facts) for name, facts in table.items()})


@cache
def tokenizers() -> Mapping[str, Tokenizer]:
    """Those that packages bring with their adapters, by name; the table's own names cannot be taken."""
    brought = (adapter.tokenizer for adapter in installed().values())
    return MappingProxyType({own.name: own for own in brought if own is not None and own.name not in families()})


def family_of(tokenizer: str) -> Family:
    """The family of a profile's `tokenizer`."""
    if tokenizer in tokenizers():
        return Family(tokenizer, encoding=tokenizer, factor=1.0, margin=OWN_MARGIN)
    return families().get(tokenizer) or families()[UNKNOWN]


def supposed(profile: ModelProfile) -> Rates:
    """The rates of a model of which nothing was reported yet."""
    return family_of(profile.tokenizer).rates(profile.message_overhead)
