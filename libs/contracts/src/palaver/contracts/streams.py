"""The JetStream streams and durable consumers, with their limits. `palaver migrate` declares them; nothing else may."""

from dataclasses import dataclass

GIB = 1024**3
MAX_PAYLOAD_BYTES = 8 * 1024**2
"""Largest broker message; a whole reply with its text must fit (`max_payload` of the server)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream with hard limits. `work_queue` streams keep a message until it is acknowledged."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool
    max_age_seconds: float
    max_bytes: int
    duplicate_window_seconds: float = 120.0


EVENTS = Stream("EVENTS", ("evt.>",), work_queue=False, max_age_seconds=24 * 3600, max_bytes=8 * GIB)
COMMANDS = Stream("COMMANDS", ("cmd.>",), work_queue=True, max_age_seconds=7 * 24 * 3600, max_bytes=2 * GIB)
DEAD_LETTERS = Stream("DEAD_LETTERS", ("dlq.>",), work_queue=False, max_age_seconds=24 * 3600, max_bytes=1 * GIB)

STREAMS = (EVENTS, COMMANDS, DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Durable:
    """One durable pull consumer of `service`. `subjects` are the filters; none may overlap in a work queue.

    `max_deliver` is never set: the server would keep an exhausted job for ever, invisible; servicekit dead-letters
    instead.
    """

    service: str
    name: str
    stream: Stream
    subjects: tuple[str, ...]
    ack_wait_seconds: float = 30.0
    max_ack_pending: int = 256
