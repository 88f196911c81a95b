"""What the use-cases need from outside, by role."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from palaver.contracts.actors import Actor
from palaver.contracts.failures import FailureBody
from palaver.contracts.ids import SessionId, TurnId, UserId
from palaver.contracts.session_log import SessionEvent
from palaver.session.domain import Turn

Clock: TypeAlias = Callable[[], datetime]
"""The time, in UTC, that entries and rows carry. Leases are judged by Postgres's clock alone."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be said once a transaction is committed.

    `issued` turns are offered to the workers, `stopping` ones are called back from them. `outbox` says that other
    messages wait in the outbox table. `owner`: whose room it is.
    """

    entries: tuple[SessionEvent, ...] = ()
    issued: tuple[Turn, ...] = ()
    stopping: tuple[TurnId, ...] = ()
    outbox: bool = False
    owner: UserId | None = None


class Announcer(Protocol):
    """Says what is committed. What it cannot say is said later by a sweep: it never raises for an outage."""

    async def announce(self, news: News) -> None:
        """Say all of it, acknowledgements gathered together."""
        ...

    async def refuse(
        self, author: UserId, session_id: SessionId, client_message_id: str | None, refusal: FailureBody
    ) -> None:
        """Tell a person why something they sent was not done."""
        ...


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What session wants to know about a model."""

    display_name: str
    provider: str
    needs_key: bool


class Models(Protocol):
    """Knows which models there are."""

    async def facts_of(self, model_ids: Sequence[str]) -> Mapping[str, ModelFacts]:
        """By id. Raises Failure(MODEL_NOT_FOUND) if there is no such model; Unavailable."""
        ...


class Keys(Protocol):
    """Knows whether a person has a provider's key."""

    async def check(self, actor: Actor, provider: str) -> None:
        """Raises Failure(KEY_MISSING, KEY_INVALID) where a turn of theirs would fail for it; Unavailable."""
        ...


class BrokerPing(Protocol):
    """Can tell whether the broker answers."""

    async def ping(self) -> None:
        """One round trip. Raises Unavailable."""
        ...
