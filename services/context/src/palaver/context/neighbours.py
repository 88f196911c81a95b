"""The neighbours over the broker: session's log, model-router's profiles, and whoever watches a room."""

from collections.abc import Callable, Iterable, Mapping

from palaver.contracts import limits
from palaver.contracts.client_protocol import ContextSummaryNotice, ContextUsageNotice
from palaver.contracts.context import SUMMARY_CHANGED, USAGE_CHANGED
from palaver.contracts.ids import SessionId
from palaver.contracts.model_router import (
    MODEL_READ,
    RUN_COMPLETION,
    ModelCard,
    ModelProfile,
    ReadModels,
    RunCompletion,
)
from palaver.contracts.session import LOG_READ, LogPage, ReadLog
from palaver.servicekit.broker import Broker


class BrokerLog:
    """Session's log, a page at a time."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def read(self, session_id: SessionId, after: int) -> LogPage:
        """See `ports.SessionLog`."""
        return await self._broker.ask(LOG_READ, ReadLog(session_id=session_id, after=after))


class BrokerProfiles:
    """What model-router says of models, remembered for `ttl_seconds`; unknown ones are asked for again each time."""

    def __init__(self, broker: Broker, *, ttl_seconds: float, clock: Callable[[], float]) -> None:
        self._broker = broker
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._known: dict[str, tuple[float, ModelCard]] = {}

    async def read(self, model_ids: Iterable[str]) -> Mapping[str, ModelProfile]:
        """See `ports.Profiles`."""
        return {model_id: card.profile for model_id, card in (await self.cards(model_ids)).items()}

    async def cards(self, model_ids: Iterable[str]) -> Mapping[str, ModelCard]:
        """See `ports.Cards`."""
        oldest = self._clock() - self._ttl_seconds
        wanted = sorted(set(model_ids))
        missing = [model_id for model_id in wanted if self._known.get(model_id, (oldest, None))[0] <= oldest]
        for start in range(0, len(missing), limits.MAX_PAGE):
            await self._learn(missing[start : start + limits.MAX_PAGE])
        return {model_id: self._known[model_id][1] for model_id in wanted if model_id in self._known}

    async def _learn(self, model_ids: list[str]) -> None:
        found = await self._broker.ask(MODEL_READ, ReadModels(ids=tuple(model_ids)))
        for model_id in model_ids:
            self._known.pop(model_id, None)
        self._known |= {card.id: (self._clock(), card) for card in found.models}


class BrokerNotices:
    """Live messages to whoever watches a room."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def usage_changed(self, notice: ContextUsageNotice) -> None:
        """See `ports.Notices`."""
        await self._broker.send(USAGE_CHANGED, notice, notice.session_id)

    async def summary_changed(self, notice: ContextSummaryNotice) -> None:
        """See `ports.Notices`."""
        await self._broker.send(SUMMARY_CHANGED, notice, notice.session_id)


class BrokerSideJobs:
    """Side jobs at the workers."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def run(self, order: RunCompletion) -> None:
        """See `ports.SideJobs`."""
        await self._broker.publish(RUN_COMPLETION, order, order.completion_id, message_id=order.completion_id)
