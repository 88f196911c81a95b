"""What a package that brings a wire protocol offers, under the entry point `palaver.providers`: four parts.

Model-router uses the transport with its key check, and the grammar; context uses the token counter. So importing the
module must cost little: what is slow to import, a provider's SDK for example, is named in `modules`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any, Protocol

from palaver.contracts.model_router import Grammar

GROUP = "palaver.providers"
"""The entry points of adapters; the name of each is the protocol's."""


class Tokenizer(Protocol):
    """Counts tokens as a family of models does. `name` is what entries of the catalogue call it."""

    @property
    def name(self) -> str:
        """Unlike that of any other."""
        ...

    def count(self, text: str) -> int:
        """Tokens of a text. Called from several threads."""
        ...


@dataclass(frozen=True, slots=True)
class Adapter:
    """One wire protocol.

    `connect` takes a `Network` and gives a `ProviderAdapter` with `close()`, both of `palaver.model_router`.
    `modules` are imported in a thread before it is called, on the event loop.
    `grammar` is what the message format allows, unless a provider's entry says otherwise. Without a `tokenizer` a known
    family counts, or an estimate.
    """

    connect: Callable[[Any], Any]
    grammar: Grammar = field(default_factory=Grammar)
    tokenizer: Tokenizer | None = None
    modules: tuple[str, ...] = ()


@cache
def installed() -> MappingProxyType[str, Adapter]:
    """Adapters of other packages by protocol. Imports them, once. Raises TypeError for what is none."""
    found: dict[str, Adapter] = {}
    for entry in entry_points(group=GROUP):
        adapter = entry.load()
        if not isinstance(adapter, Adapter):
            raise TypeError(f"the entry point {entry.name} of {GROUP} is no palaver.contracts.adapters.Adapter")
        found[entry.name] = adapter
    return MappingProxyType(found)
