"""Makes itineraries for turns and side jobs."""

from collections.abc import Callable, Sequence

from palaver.contracts.keyvault import LeaseForCompletion, LeaseForTurn
from palaver.model_router.domain import Model
from palaver.model_router.itinerary import Itinerary
from palaver.model_router.ports import KeySource
from palaver.model_router.route import Surroundings
from palaver.model_router.routing import RetryPolicy


class Itineraries:
    """What all of them share."""

    def __init__(self, around: Surroundings, keys: KeySource, policy: RetryPolicy) -> None:
        self._around = around
        self._keys = keys
        self._policy = policy

    def over(
        self,
        models: Sequence[Model],
        work: LeaseForTurn | LeaseForCompletion,
        seconds_left: Callable[[], float],
    ) -> Itinerary:
        """One over these models, in this order."""
        return Itinerary(self._around, self._keys, self._policy, models=models, work=work, seconds_left=seconds_left)
