"""Says on the broker what happens to turns and side jobs, and does not give up before the broker has it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from palaver.contracts.client_protocol import ModelAvailabilityData, ModelAvailabilityNotice
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.model_router import (
    BREAKER_CHANGED,
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    COMPLETION_METERED,
    KEY_CHECKED,
    TURN_COMPLETED,
    TURN_FAILED,
    TURN_STARTED,
    TURN_STOPPED,
    USAGE_METERED,
    USER_NOTIFIED,
    BreakerChanged,
    CompletionCompleted,
    CompletionFailed,
    CompletionMetered,
    KeyChecked,
    Outcome,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
    TurnStopped,
    UsageMetered,
)
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import TaskSet, backoff_seconds

LONGEST_PAUSE_SECONDS = 2.0

_log = structlog.get_logger()


class BrokerEvents:
    """`Events` as JetStream messages. Message ids make a repetition after a lost acknowledgement harmless."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def started(self, fact: TurnStarted) -> None:
        """See `Events`."""
        message_id = f"{fact.turn_id}:{fact.attempt}:started"
        await _until_stored(lambda: self._broker.publish(TURN_STARTED, fact, fact.session_id, message_id=message_id))

    async def ended(self, outcome: Outcome) -> None:
        """See `Events`."""
        message_id = f"{outcome.turn_id}:{outcome.attempt}:ended"
        await _until_stored(lambda: self._publish_outcome(outcome, message_id))

    async def metered(self, fact: UsageMetered) -> None:
        """See `Events`."""
        message_id = f"{fact.turn_id}:{fact.attempt}:call:{fact.call_id}"
        await _until_stored(lambda: self._broker.publish(USAGE_METERED, fact, fact.payer, message_id=message_id))

    async def completion_metered(self, fact: CompletionMetered) -> None:
        """See `Events`."""
        message_id = f"{fact.completion_id}:{fact.delivery}:call:{fact.call_id}"
        await _until_stored(lambda: self._broker.publish(COMPLETION_METERED, fact, fact.payer, message_id=message_id))

    async def completion_ended(self, outcome: CompletionCompleted | CompletionFailed) -> None:
        """See `Events`."""
        message_id = f"{outcome.completion_id}:{outcome.delivery}:ended"
        await _until_stored(lambda: self._publish_completion(outcome, message_id))

    async def key_checked(self, key_id: KeyId, code: ErrorCode | None) -> None:
        """See `Events`."""
        fact = KeyChecked(key_id=key_id, valid=code is None, code=code, at=datetime.now(UTC))
        await _until_stored(lambda: self._broker.publish(KEY_CHECKED, fact, key_id))

    async def _publish_completion(self, outcome: CompletionCompleted | CompletionFailed, message_id: str) -> None:
        match outcome:
            case CompletionCompleted():
                await self._broker.publish(COMPLETION_COMPLETED, outcome, outcome.asker, message_id=message_id)
            case CompletionFailed():
                await self._broker.publish(COMPLETION_FAILED, outcome, outcome.asker, message_id=message_id)

    async def _publish_outcome(self, outcome: Outcome, message_id: str) -> None:
        match outcome:
            case TurnCompleted():
                await self._broker.publish(TURN_COMPLETED, outcome, outcome.session_id, message_id=message_id)
            case TurnFailed():
                await self._broker.publish(TURN_FAILED, outcome, outcome.session_id, message_id=message_id)
            case TurnStopped():
                await self._broker.publish(TURN_STOPPED, outcome, outcome.session_id, message_id=message_id)
            case _:
                raise TypeError(f"{type(outcome).__name__} is no way for a turn to end")


class BreakerNews:
    """Tells all workers what opened or closed; once, for they look for themselves now and then. A `Resource`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._telling = TaskSet("breakers")

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Let go of what is not yet said."""
        await self._telling.cancel()

    def tell(self, change: BreakerChanged) -> None:
        """Say it, without waiting."""
        self._telling.spawn(self._say(change))

    async def _say(self, change: BreakerChanged) -> None:
        with suppress(Unavailable):
            await self._broker.send(BREAKER_CHANGED, change)


class PeoplesEar:
    """Tells people about their models, once: who is not connected reads it on the card."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def tell(self, person: UserId, data: ModelAvailabilityData) -> None:
        """Never raises."""
        with suppress(Unavailable):
            await self._broker.send(USER_NOTIFIED, ModelAvailabilityNotice(data=data), person)


async def _until_stored(publish: Callable[[], Awaitable[None]]) -> None:
    failures = 0
    while True:
        try:
            await publish()
        except Unavailable as outage:
            failures += 1
            _log.warning("event_waits_for_broker", failures=failures, reason=outage.reason)
            await asyncio.sleep(backoff_seconds(failures, longest=LONGEST_PAUSE_SECONDS))
        else:
            return
