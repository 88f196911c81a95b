"""Finds key management systems by name, built-in ones and those of other packages. A built-in name cannot be taken."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from pydantic import SecretStr

from palaver.keyvault.kms.port import Kek, MakeKek

GROUP = "palaver.kms"
LOCAL = "local"
_BUILT_IN = {LOCAL: "palaver.keyvault.kms.local:LocalKek"}


def make(kind: str, options: Mapping[str, SecretStr]) -> Kek:
    """One KEK. Raises ValueError for an unknown kind or wrong options."""
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    known |= {name: EntryPoint(name, place, GROUP) for name, place in _BUILT_IN.items()}
    if kind not in known:
        raise ValueError(f"There is no key management system {kind!r}; known are {', '.join(sorted(known))}.")
    return cast("MakeKek", known[kind].load())(options)


class Keks:
    """All KEKs of this service by version; a `Resource`."""

    def __init__(self, by_version: Mapping[int, Kek]) -> None:
        self.by_version = dict(by_version)

    def __repr__(self) -> str:
        return f"Keks(versions={sorted(self.by_version)})"

    async def start(self) -> None:
        """Each connects when it is used."""

    async def stop(self) -> None:
        """Close them all."""
        for kek in self.by_version.values():
            await kek.close()
