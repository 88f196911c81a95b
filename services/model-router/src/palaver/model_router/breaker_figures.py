"""What Prometheus is shown of breakers: those of the catalogue's models and hosts by name, those of keys as numbers.

A key's id is nobody's business but its owner's.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

from palaver.model_router.blame import Part
from palaver.model_router.breaker import Phase
from palaver.model_router.circuits import Circuits, Place
from palaver.model_router.metrics import BREAKER_OPENINGS, BREAKER_STATE, BREAKERS_OPEN
from palaver.model_router.registry import Registry
from palaver.servicekit.figures import Figures, Sample

STATES: dict[Phase, int] = {"closed": 0, "half_open": 1, "open": 2}


class BreakerFigures:
    """Reads them from this worker's view."""

    def __init__(self, circuits: Circuits, registry: Registry) -> None:
        self._circuits = circuits
        self._registry = registry

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        figures.read(BREAKER_STATE, self._states)
        figures.read(BREAKERS_OPEN, self._open)
        figures.read(BREAKER_OPENINGS, lambda: [Sample(n, turned) for turned, n in self._circuits.openings.items()])

    def _states(self) -> Iterator[Sample]:
        hosts: dict[str, str] = {}
        for model in self._registry.catalogue.models:
            circuits = Place(model, None).circuits
            hosts[model.provider.id] = circuits["host"]
            yield self._state(circuits["endpoint"], model.provider.id, model.id)
        for provider_id, circuit in hosts.items():
            yield self._state(circuit, provider_id, "")

    def _state(self, circuit: str, provider_id: str, model_id: str) -> Sample:
        phase = self._circuits.of(circuit).phase(self._circuits.now())
        return Sample(STATES[phase], (provider_id, model_id))

    def _open(self) -> Iterable[Sample]:
        found = self._circuits.not_closed()
        return [Sample(found[part], (part,)) for part in get_args(Part)]
