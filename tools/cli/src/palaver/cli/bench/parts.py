"""What each role is told."""

import msgspec

from palaver.cli.bench.load import Load


class Reader(msgspec.Struct, frozen=True):
    """One client's WebSocket into a room; `asks` says whether it posts the question."""

    session_id: str
    asks: bool = True


class ClientPart(msgspec.Struct, frozen=True):
    """Clients of the product: readers of rooms with `seats` models each.

    `stop_after_seconds`: who asks also stops. `idle`: only attach and stay.
    """

    url: str
    token: str
    readers: tuple[Reader, ...]
    seats: int
    load: Load
    stop_after_seconds: float | None = None
    idle: bool = False


class StopSent(msgspec.Struct, frozen=True):
    """When a room was told to stop, in seconds since the epoch."""

    session_id: str
    at: float


class WorkerPart(msgspec.Struct, frozen=True):
    """A pipeline's worker: streams from the provider to the broker."""

    provider_url: str
    model: str
    nats_url: str
    nkey_seed: str
    load: Load


class EdgePart(msgspec.Struct, frozen=True):
    """A pipeline's edge: from the broker to WebSockets."""

    port: int
    nats_url: str
    nkey_seed: str


class PipelineClientPart(msgspec.Struct, frozen=True):
    """A pipeline's readers, one for each stream."""

    port: int
    load: Load


class FloorPart(msgspec.Struct, frozen=True):
    """Streams read where they come from."""

    provider_url: str
    model: str
    load: Load


def subject_of(stream: int) -> str:
    """Where a pipeline's stream is published."""
    return f"bench.{stream}"
