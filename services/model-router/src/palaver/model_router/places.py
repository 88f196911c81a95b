"""How many calls of a provider may run at once in this worker, and who is next when there are more. Payers take turns,
so that one who asks for much does not make everybody else wait."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from palaver.contracts.ids import UserId
from palaver.model_router.domain import Provider
from palaver.model_router.metrics import PLACES_WAITING
from palaver.servicekit.figures import Figures, Sample


class FairPlaces:
    """Places of one provider."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: OrderedDict[UserId, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def taken(self, payer: UserId) -> AsyncGenerator[None]:
        """One of them, once it is this payer's turn, for as long as this lasts."""
        await self._take(payer)
        try:
            yield
        finally:
            self._give()

    async def _take(self, payer: UserId) -> None:
        if self._free > 0:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(payer, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give()  # it came in the moment in which nobody wanted it any more
            raise

    def _give(self) -> None:
        while self._waiting:
            payer, queue = self._waiting.popitem(last=False)
            place = queue.popleft()
            if queue:
                self._waiting[payer] = queue  # behind everybody else who waits
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


class ProviderPlaces:
    """Places of all providers: as many as the catalogue says for one, else `usual`."""

    def __init__(self, usual: int) -> None:
        self._usual = usual
        self._places: dict[tuple[str, int], FairPlaces] = {}

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        figures.read(PLACES_WAITING, self._waiting)

    def _waiting(self) -> list[Sample]:
        waiting: Counter[str] = Counter()
        for (provider_id, _), places in self._places.items():
            waiting[provider_id] += places.waiting
        return [Sample(calls, (provider_id,)) for provider_id, calls in waiting.items()]

    def of(self, provider: Provider) -> FairPlaces:
        """Those of one provider."""
        most = provider.max_calls or self._usual
        known = self._places.get((provider.id, most))
        if known is None:
            known = self._places[provider.id, most] = FairPlaces(most)
        return known
