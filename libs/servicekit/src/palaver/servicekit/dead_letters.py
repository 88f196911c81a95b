"""Where given-up messages go: `dlq.<durable>.<original subject>`, with the reason in headers, for a day."""

from nats.aio.msg import Msg

from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.delivery import reason_of
from palaver.servicekit.tracing import TRACE_HEADER

REASON_HEADER = "Palaver-Reason"
ERROR_HEADER = "Palaver-Error"
DELIVERIES_HEADER = "Palaver-Deliveries"


async def bury(broker: Broker, durable: str, msg: Msg, error: BaseException, *, deliveries: int) -> None:
    """Store the message among the dead letters. Raises Unavailable: then it is still with the work queue."""
    trace = msg.headers.get(TRACE_HEADER) if msg.headers else None
    letter = Outgoing(f"dlq.{durable}.{msg.subject}", msg.data, trace=trace)
    headers = {
        REASON_HEADER: reason_of(error),
        ERROR_HEADER: type(error).__qualname__,
        DELIVERIES_HEADER: str(deliveries),
    }
    await broker.publish_outgoing(letter, headers)
