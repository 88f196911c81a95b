"""Whoever has a model in a room is told when it would answer otherwise than before, before anybody asks it.

A worker remembers for whom its models answered; all workers hear of every breaker, so that each tells its own people.
Several may tell the same person the same: a state, which does no harm twice.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime

from palaver.contracts.client_protocol import ModelAvailabilityData
from palaver.contracts.ids import UserId
from palaver.model_router.availability import Standing, Standings
from palaver.model_router.circuits import Circuits, Place
from palaver.model_router.domain import Model
from palaver.model_router.ports import KeySource
from palaver.model_router.registry import Registry
from palaver.model_router.routing import substitutes_of

MAX_WATCHED = 2_000
"""People's models; those that answered longest ago are forgotten first."""
WATCHED_SECONDS = 3_600.0
"""Who has not asked for so long is not told."""
LOOK_SECONDS = 5.0
"""Between two looks, if nothing opens or closes: keys become known or change meanwhile."""
BURST_SECONDS = 0.1
"""What opens together is told together."""
AT_ONCE = 50
"""Looked at before running answers have their turn again."""
READY = Standing("ready")

Tell = Callable[[UserId, ModelAvailabilityData], Awaitable[None]]


class Watching:
    """Notes who uses what; `run` is its loop. `tell` must not raise."""

    def __init__(
        self, registry: Registry, keys: KeySource, standings: Standings, circuits: Circuits, tell: Tell
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._standings = standings
        self._circuits = circuits
        self._tell = tell
        self._watched: OrderedDict[tuple[UserId, str], float] = OrderedDict()
        self._told: dict[tuple[UserId, str], Standing] = {}

    def note(self, person: UserId, model_id: str) -> None:
        """This model answers for this person. On a turn's path, so that it waits for nothing."""
        self._watched[person, model_id] = time.monotonic()
        self._watched.move_to_end((person, model_id))
        if len(self._watched) > MAX_WATCHED:
            oldest, _ = self._watched.popitem(last=False)
            self._told.pop(oldest, None)

    async def run(self) -> None:
        """For ever."""
        seen = self._circuits.turns
        while True:
            if seen == self._circuits.turns:
                await self._circuits.turned(self._seconds_to_next())
            await asyncio.sleep(BURST_SECONDS)
            seen = self._circuits.turns
            await self._look()

    async def _look(self) -> None:
        self._forget()
        if self._circuits.all_closed and not self._told:
            return
        for number, (person, model_id) in enumerate(list(self._watched)):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            model = self._registry.catalogue.find(model_id)
            if model is not None:
                await self._compare(person, model)

    def _seconds_to_next(self) -> float:
        now = self._circuits.now()
        waits = [told.retry_at.timestamp() - now for told in self._told.values() if told.retry_at is not None]
        return max(0.0, min([LOOK_SECONDS, *waits]))

    async def _compare(self, person: UserId, model: Model) -> None:
        pair = (person, model.id)
        told = self._told.get(pair, READY)
        if told is READY and not self._touched(person, model):
            return
        now = await self._standings.of(model, self._registry.catalogue, person)
        if _same(told, now):
            return
        if now.state == "ready":
            self._told.pop(pair, None)
        else:
            self._told[pair] = now
        data = ModelAvailabilityData(model_id=model.id, availability=now.state, retry_at=now.retry_at)
        await self._tell(person, data)

    def _touched(self, person: UserId, model: Model) -> bool:
        """Whether anything on the ways to an answer is known to be broken; keys that nobody asked for are not."""
        return any(
            self._circuits.of(circuit).open_until is not None
            for one in substitutes_of(model, self._registry.catalogue)
            for candidate in self._keys.known(one.provider, person)
            for circuit in Place(one, candidate.id).circuits.values()
        )

    def _forget(self) -> None:
        before = time.monotonic() - WATCHED_SECONDS
        while self._watched and next(iter(self._watched.values())) < before:
            oldest, _ = self._watched.popitem(last=False)
            self._told.pop(oldest, None)


def _same(one: Standing, other: Standing) -> bool:
    return one.state == other.state and _second(one.retry_at) == _second(other.retry_at)


def _second(moment: datetime | None) -> int | None:
    """Moments are reckoned anew with each look."""
    return None if moment is None else round(moment.timestamp())
