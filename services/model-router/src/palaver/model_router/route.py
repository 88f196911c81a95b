"""One way to an answer: a model at a provider, and a key. It is busy while it is held, and its calls say how it is."""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from palaver.contracts.ids import KeyId, UserId
from palaver.model_router.blame import CallEnd, observations
from palaver.model_router.circuits import Circuits, Place
from palaver.model_router.domain import Key, Model
from palaver.model_router.errors import Fault, ProviderFailed, RouteClosed
from palaver.model_router.places import ProviderPlaces
from palaver.model_router.selection import IDLE, Load


class Loads:
    """How busy each key is here. What runs on other workers is not known; they choose alike, so it evens out."""

    def __init__(self) -> None:
        self.by_key: dict[KeyId | None, Load] = {}
        self._clock = count(1)

    def take(self, key_id: KeyId | None) -> None:
        """It was chosen."""
        load = self.by_key.get(key_id, IDLE)
        self.by_key[key_id] = Load(load.in_flight + 1, next(self._clock))

    def give(self, key_id: KeyId | None) -> None:
        """What it was chosen for is over."""
        load = self.by_key.get(key_id, IDLE)
        self.by_key[key_id] = Load(max(0, load.in_flight - 1), load.last_used)

    def forget(self, key_id: KeyId) -> None:
        """It is nobody's any more."""
        self.by_key.pop(key_id, None)


@dataclass(slots=True)
class Surroundings:
    """What all routes of a worker share."""

    circuits: Circuits
    places: ProviderPlaces
    loads: Loads = field(default_factory=Loads)


class Route:
    """Chosen for one answer. `probes` are the breakers that it tries; leave none of them claimed."""

    def __init__(
        self, around: Surroundings, model: Model, key: Key, payer: UserId, probes: tuple[str, ...] = ()
    ) -> None:
        self.model = model
        self.key = key
        self.place = Place(model, key.id)
        self._around = around
        self._payer = payer
        self._probes = probes
        self._began_at: float | None = None
        self._held = True
        around.loads.take(key.id)

    @property
    def tries(self) -> bool:
        """Whether its next call finds out if something is well again."""
        return bool(self._probes)

    @asynccontextmanager
    async def calling(self) -> AsyncGenerator[None]:
        """One call, once its provider has a place for it. How it ends is told to the breakers; what is cancelled says
        nothing.

        Raises RouteClosed: between choice and call lie a window, a budget and a queue, so breakers are looked at again.
        """
        if not self._held:
            self._held = True
            self._around.loads.take(self.key.id)
        try:
            async with self._around.places.of(self.model.provider).taken(self._payer):
                self._look_again()
                self._began_at = self._around.circuits.now()
                try:
                    yield
                except ProviderFailed as failure:
                    self._tell(failure)
                    raise
                self._tell(None)
        finally:
            self._began_at = None
            await self.leave()

    def _look_again(self) -> None:
        circuits = self._around.circuits
        now = circuits.now()
        if any(circuits.of(name).phase(now) == "open" for name in self.place.circuits.values()):
            raise RouteClosed

    async def heard(self) -> None:
        """A first token: what was tried is well again, however long the answer may take."""
        if self._probes:
            self._tell(None)
            await self._release()

    async def leave(self) -> None:
        """It is used no more. May be called again."""
        if self._held:
            self._held = False
            self._around.loads.give(self.key.id)
        await self._release()

    async def _release(self) -> None:
        probes, self._probes = self._probes, ()
        for circuit in probes:
            await self._around.circuits.release_probe(circuit)

    def _tell(self, failure: ProviderFailed | None) -> None:
        if self._began_at is None:
            return
        fault: Fault | None = None if failure is None else failure.fault
        end = CallEnd(
            began_at=self._began_at,
            at=self._around.circuits.now(),
            fault=fault,
            code=None if failure is None else failure.code,
            asked_seconds=None if failure is None else failure.retry_after_seconds,
            spread=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        names = self.place.circuits
        for part, seen in observations(end, keyed=self.key.id is not None).items():
            self._around.circuits.observe(names[part], seen)
