"""Plain core subscriptions whose bytes go to a synchronous handler, where they are read and in the broker's order."""

from collections.abc import Callable

import msgspec
import structlog
from nats.errors import BadSubscriptionError, ConnectionClosedError, ConnectionDrainingError

from palaver.servicekit.broker import Broker
from palaver.servicekit.nats_client import DirectSubscription

_log = structlog.get_logger()

Handle = Callable[[bytes], None]


class Subscriptions:
    """The subscriptions of one owner, opened and closed together."""

    __slots__ = ("_broker", "_open")

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._open: list[DirectSubscription] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    async def add(self, subject: str, handle: Handle) -> None:
        """Hear `subject`. A payload that `handle` cannot read is dropped and logged without its content."""

        def on_message(data: bytes) -> None:
            try:
                handle(data)
            except (ValueError, msgspec.MsgspecError) as error:
                _log.warning("relay_payload_refused", subject=subject, error=type(error).__name__)

        self._open.append(await self._broker.nc.subscribe_directly(subject, on_message))

    async def settle(self) -> None:
        """Return when the broker knows of them. Raises Unavailable."""
        await self._broker.ping()

    async def close(self) -> None:
        """Stop hearing."""
        while self._open:
            try:
                await self._open.pop().unsubscribe()
            except (BadSubscriptionError, ConnectionClosedError, ConnectionDrainingError):
                continue  # it is gone with its connection
