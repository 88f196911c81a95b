"""A service's routing table: which subject goes to which handler, and how. Declarations only; they run in
`consuming.py` and `answering.py`.

A handler takes exactly the payload of its subject, so a mismatch fails type checking.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel

from palaver.contracts.streams import Durable
from palaver.contracts.subjects import Command, Control, Event, Live, Query
from palaver.servicekit.encoding import Encoded

P = TypeVar("P", bound=BaseModel)
Req = TypeVar("Req", bound=BaseModel)
Res = TypeVar("Res", bound=BaseModel)

Handler: TypeAlias = Callable[[P], Awaitable[None]]
DeadLetterHook: TypeAlias = Callable[[Any, BaseException], Awaitable[None]]
"""Told of a message that is given up: its payload (None if malformed) and why. Makes the loss visible to its author."""

DEFAULT_CONCURRENCY = 32
ATTEMPT_LIMIT_SECONDS = 120.0
"""Longest single run of a handler; a hung one must not keep its place for ever."""
STEM_TOKENS = 5


@dataclass(frozen=True, slots=True)
class Binding:
    """One subject of a durable and its handler."""

    subject: Event[Any] | Command[Any]
    handler: Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consume:
    """A durable consumer under the delivery policy."""

    durable: Durable
    bindings: tuple[Binding, ...]
    ordered: bool
    concurrency: int
    on_dead_letter: DeadLetterHook | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A query answered by this service. With `keys` it is this very process that is asked, so no queue group."""

    query: Query[Any, Any]
    handler: Callable[[Any], Awaitable[BaseModel | Encoded[Any]]]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hear:
    """A core subscription of every replica; what is said while it is away is lost."""

    subject: Live[Any] | Control[Any] | Event[Any]
    handler: Callable[[Any], Awaitable[None]]
    keys: tuple[str, ...]


Route: TypeAlias = Consume | Answer | Hear


def bind(subject: Event[P] | Command[P], handler: Handler[P]) -> Binding:
    """Give a subject of a durable its handler."""
    return Binding(subject, handler)


def consume(
    durable: Durable,
    *bindings: Binding,
    ordered: bool = False,
    concurrency: int = DEFAULT_CONCURRENCY,
    on_dead_letter: DeadLetterHook | None = None,
) -> Route:
    """Consume a durable, at least once. See `delivery.judge` for what becomes of failures.

    `ordered` takes one message at a time and never gives one back with a delay; its durable has `max_ack_pending` 1.
    `on_dead_letter` runs before the message is given up, so that its author hears of it.
    Raises ValueError when filters of the durable and bindings do not match each other.
    """
    for binding in bindings:
        if not any(_covers(pattern, binding.subject.address.stem) for pattern in durable.subjects):
            raise ValueError(f"durable {durable.name} does not receive {binding.subject.address.stem}")
    for pattern in durable.subjects:
        if not any(_covers(pattern, binding.subject.address.stem) for binding in bindings):
            raise ValueError(f"durable {durable.name} receives {pattern}, which has no binding")
    if ordered and durable.max_ack_pending != 1:
        raise ValueError(f"durable {durable.name} cannot be ordered: max_ack_pending is {durable.max_ack_pending}")
    return Consume(durable, bindings, ordered, 1 if ordered else concurrency, on_dead_letter)


def answer(query: Query[Req, Res], handler: Callable[[Req], Awaitable[Res | Encoded[Res]]], *keys: str) -> Route:
    """Answer a query, several at a time; replicas share the work unless `keys` name this process."""
    return Answer(query, handler, keys)


def hear(subject: Live[P] | Control[P] | Event[P], handler: Handler[P], *keys: str) -> Route:
    """Hear a broadcast in every replica, one at a time in order; without `keys`, under any key."""
    return Hear(subject, handler, keys)


def stem_of(subject: str) -> str:
    """The part of a concrete subject that names the kind of message, without keys."""
    return ".".join(subject.split(".", STEM_TOKENS)[:STEM_TOKENS])


def _covers(pattern: str, stem: str) -> bool:
    for wanted, token in zip(pattern.split("."), stem.split("."), strict=False):
        if wanted == ">":
            return True
        if wanted not in ("*", token):
            return False
    return True
