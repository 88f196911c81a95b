"""Model-router's catalogue over the broker."""

from collections import OrderedDict
from collections.abc import Callable

from palaver.contracts.model_router import MODEL_READ, ModelCard, ReadModels
from palaver.servicekit.broker import Broker

MAX_REMEMBERED = 1_000


class BrokerPrices:
    """`ports.Prices`, answered by model-router; cards are remembered for `ttl_seconds`."""

    def __init__(self, broker: Broker, *, ttl_seconds: float, clock: Callable[[], float]) -> None:
        self._broker = broker
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._cards: OrderedDict[str, tuple[float, ModelCard | None]] = OrderedDict()

    async def card(self, model_id: str) -> ModelCard | None:
        """See `ports.Prices`."""
        known = self._cards.get(model_id)
        if known is not None and self._clock() - known[0] < self._ttl_seconds:
            return known[1]
        found = await self._broker.ask(MODEL_READ, ReadModels(ids=(model_id,)))
        card = next((card for card in found.models if card.id == model_id), None)
        self._cards[model_id] = (self._clock(), card)
        self._cards.move_to_end(model_id)
        if len(self._cards) > MAX_REMEMBERED:
            self._cards.popitem(last=False)
        return card
