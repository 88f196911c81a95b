"""Plain core subscriptions whose bytes go to a synchronous handler. The one place that knows nats-py's way."""

from collections.abc import Callable

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import BadSubscriptionError, ConnectionClosedError, ConnectionDrainingError

from palaver.servicekit.broker import Broker

_log = structlog.get_logger()

MAX_PENDING_MESSAGES = 65_536
MAX_PENDING_BYTES = 8 * 1024**2
"""Of one subscription; beyond, nats-py drops and reports a slow consumer, and what is missing is read again."""

Handle = Callable[[bytes], None]


class Subscriptions:
    """The subscriptions of one owner, opened and closed together."""

    __slots__ = ("_broker", "_open")

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._open: list[Subscription] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    async def add(self, subject: str, handle: Handle) -> None:
        """Hear `subject`. A payload that `handle` cannot read is dropped and logged without its content."""

        async def on_message(message: Msg) -> None:
            try:
                handle(message.data)
            except (ValueError, msgspec.MsgspecError) as error:
                _log.warning("relay_payload_refused", subject=message.subject, error=type(error).__name__)

        self._open.append(
            await self._broker.nc.subscribe(
                subject,
                cb=on_message,
                pending_msgs_limit=MAX_PENDING_MESSAGES,
                pending_bytes_limit=MAX_PENDING_BYTES,
            )
        )

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
