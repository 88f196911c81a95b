"""Saying acknowledgements to the broker, and when it cannot be said."""

from collections.abc import Awaitable

import nats.errors
import structlog

BEATS_PER_ACK_WAIT = 3
"""In-progress marks per ack wait: more than two, so that one lost mark does not cause a redelivery."""

_log = structlog.get_logger()


async def said(acknowledgement: Awaitable[None], durable: str) -> None:
    """Await an ack, NAK or mark. One that cannot be said means a redelivery, which handlers must bear anyway."""
    try:
        await acknowledgement
    except nats.errors.Error as error:
        _log.info("acknowledgement_lost", durable=durable, error=type(error).__name__)
