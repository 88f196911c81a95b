"""Which of a payer's keys is tried first. Pure.

Keys come in tiers: a person's own before shared ones, then by the order that was given to them. Within a tier the one
that is least busy for its weight comes first, and of equally busy ones the one that was used longest ago.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from palaver.contracts.ids import KeyId

Scope = Literal["personal", "shared"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that may be used. `id` is None for a provider that needs none."""

    id: KeyId | None
    weight: int = 1
    order: int = 0
    scope: Scope = "personal"

    @property
    def tier(self) -> tuple[bool, int]:
        """Lower ones go first."""
        return self.scope != "personal", self.order


@dataclass(frozen=True, slots=True)
class Load:
    """Calls that run with a key here, and when it was last chosen, as a number that grows."""

    in_flight: int = 0
    last_used: int = 0


IDLE = Load()


def ranked(candidates: Iterable[Candidate], loads: Mapping[KeyId | None, Load]) -> tuple[Candidate, ...]:
    """All of them, in the order in which they are to be tried."""

    def rank(candidate: Candidate) -> tuple[tuple[bool, int], float, int]:
        load = loads.get(candidate.id, IDLE)
        return candidate.tier, (load.in_flight + 1) / max(1, candidate.weight), load.last_used

    return tuple(sorted(candidates, key=rank))
