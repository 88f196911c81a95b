"""Streams and durable consumers, as the contracts want them."""

from collections.abc import Awaitable, Sequence

import nats.errors
import structlog
from nats.js import JetStreamManager, api
from nats.js.errors import APIError, NotFoundError

from palaver.contracts.streams import Durable, Stream
from palaver.servicekit.broker import Broker
from palaver.servicekit.connection import NATS
from palaver.servicekit.errors import NotProvisioned, Unavailable

API_TIMEOUT_SECONDS = 10.0
FOR_EVER = -1

_log = structlog.get_logger()


async def declare(broker: Broker, streams: Sequence[Stream], durables: Sequence[Durable], *, replicas: int = 1) -> None:
    """Create or update streams and durables with an admin's connection; what exists and is not listed is left alone.

    Raises NotProvisioned with the server's reason when it refuses one, and Unavailable when it does not answer.
    """
    manager = broker.nc.jsm(timeout=API_TIMEOUT_SECONDS)
    for stream in streams:
        await _refusable(f"stream {stream.name}", _declare_stream(manager, stream, replicas))
    for durable in durables:
        await _refusable(f"durable {durable.name}", _declare_durable(manager, durable))
    _log.info("broker_provisioned", streams=len(streams), durables=len(durables))


async def _declare_stream(manager: JetStreamManager, stream: Stream, replicas: int) -> None:
    config = api.StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=api.RetentionPolicy.WORK_QUEUE if stream.work_queue else api.RetentionPolicy.LIMITS,
        # A full work queue refuses the newest order, visibly; a full log of events forgets the oldest, which are
        # in their owner's database anyway.
        discard=api.DiscardPolicy.NEW if stream.work_queue else api.DiscardPolicy.OLD,
        max_age=stream.max_age_seconds,
        max_bytes=stream.max_bytes,
        duplicate_window=stream.duplicate_window_seconds,
        storage=api.StorageType.FILE,
        num_replicas=replicas,
        allow_direct=False,
    )
    try:
        await manager.stream_info(stream.name)
    except NotFoundError:
        await manager.add_stream(config)
    else:
        await manager.update_stream(config)


async def _declare_durable(manager: JetStreamManager, durable: Durable) -> None:
    await manager.add_consumer(  # creates or updates
        durable.stream.name,
        api.ConsumerConfig(
            name=durable.name,
            durable_name=durable.name,
            filter_subjects=list(durable.subjects),
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=durable.ack_wait_seconds,
            max_ack_pending=durable.max_ack_pending,
            max_deliver=FOR_EVER,
            deliver_policy=api.DeliverPolicy.ALL,
        ),
    )


async def _refusable(what: str, call: Awaitable[None]) -> None:
    try:
        await call
    except APIError as error:
        raise NotProvisioned(f"{what}: {error.description} (code {error.err_code})") from error
    except (nats.errors.Error, TimeoutError) as error:
        raise Unavailable(NATS, f"{what}: {error}") from error
