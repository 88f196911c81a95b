"""What each role is told, and what it reports. Nothing here needs more than msgspec: peers' environments import it."""

from typing import Literal

import msgspec

from palaver.cli.bench.load import Load
from palaver.cli.bench.observing import Observed

Pace = Literal["full", "slow", "frozen"]


class Reader(msgspec.Struct, frozen=True):
    """One client's WebSocket into a room; `asks` says whether it posts the question."""

    session_id: str
    asks: bool = True
    pace: Pace = "full"
    answers: int | None = None
    """To each question in its room, if not as many as the part's `seats`; 0 for who is there while others read."""
    tokens: int | None = None
    """In each answer of its room, if not as many as the load says."""
    question: str | None = None
    """What it asks, if not what the part says."""


class ClientPart(msgspec.Struct, frozen=True):
    """Clients of the product: readers of rooms with `seats` models each.

    `cut_after_seconds`: then all connections break at once. Whose connection broke tries to come back within
    `back_within_seconds`, or when the SDK would, and then as often as the SDK would.
    `patience_seconds`: how long after the last answer should have ended they wait for it.
    """

    url: str
    token: str
    readers: tuple[Reader, ...]
    seats: int
    load: Load
    question: str = ""
    cut_after_seconds: float | None = None
    back_within_seconds: float | None = 1.0
    patience_seconds: float = 20.0


class Heard(msgspec.Struct, frozen=True):
    """What the readers of a role saw. `others`: the slow and frozen ones among them.

    `attach_ms`: from the attempt that succeeded until the room's state was there; `away_ms`: from the break until then.
    `closed`: how often a connection broke, by the server's code.
    """

    observed: Observed
    others: Observed | None = None
    attach_ms: list[float] = []
    away_ms: list[float] = []
    lagging_notices: int = 0
    closed: dict[int, int] = {}


class HolderPart(msgspec.Struct, frozen=True):
    """Connections that attach to rooms and stay. `source` is the address that they come from."""

    url: str
    token: str
    rooms: tuple[str, ...]
    connections: int
    source: str | None = None


class AskerPart(msgspec.Struct, frozen=True):
    """Questions one after the other, to rooms of `seats` models and to the provider directly, by turns."""

    url: str
    token: str
    rooms: tuple[str, ...]
    seats: int
    question: str
    provider_url: str
    model: str
    samples: int
    pause_seconds: float
    for_seconds: float
    """No question is asked later: the load beside them is over then."""


class FirstTokens(msgspec.Struct, frozen=True):
    """Milliseconds from a question to the first token: of a direct call; of the room's first and last model."""

    direct_ms: list[float]
    first_ms: list[float]
    last_ms: list[float]


class StopperPart(msgspec.Struct, frozen=True):
    """Answers that are stopped so long after their first token, in `rooms` at the same time and over and over."""

    url: str
    token: str
    rooms: tuple[str, ...]
    question: str
    samples: int
    after_seconds: float


class StopSent(msgspec.Struct, frozen=True):
    """When the answer to a question was told to stop, in seconds since the epoch."""

    question: str
    at: float


class FillerPart(msgspec.Struct, frozen=True):
    """A room that is talked in until it has so many messages; each question is answered by all `seats`."""

    url: str
    token: str
    session_id: str
    seats: int
    question: str
    rounds: int


class Filled(msgspec.Struct, frozen=True):
    """`head_seq`: the newest log entry; `branch` and `next_round`: what a further question would belong to."""

    head_seq: int
    branch: str
    next_round: int


class WorkerPart(msgspec.Struct, frozen=True):
    """A pipeline's worker: streams from the provider to the broker; at most one message a window and stream."""

    provider_url: str
    model: str
    nats_url: str
    nkey_seed: str
    load: Load
    window_seconds: float = 0.0


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


def subject_of(stream: int | str) -> str:
    """Where a pipeline's stream is published; `*` for all."""
    return f"bench.{stream}"
