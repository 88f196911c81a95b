"""How a message is addressed: typed subjects and queries, and how one names its place on the broker.

A subject is `<kind>.<owner>.<entity>.<verb>.v<N>[.<key>…]`. It carries its payload type, so a handler or a publisher
that does not match fails type checking. This module knows no particular subject; those stand in the owners' files.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """What crosses a process boundary: immutable, and tolerant of fields that a newer sender adds."""

    # hide_input_in_errors: what does not validate may be a password or somebody's words, and errors reach logs.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


P = TypeVar("P", bound=BaseModel)
Req = TypeVar("Req", bound=BaseModel)
Res = TypeVar("Res", bound=BaseModel)


class Kind(StrEnum):
    """The first token of a subject; it decides how a message is delivered."""

    EVENT = "evt"  # JetStream EVENTS, at least once; also heard live
    COMMAND = "cmd"  # JetStream COMMANDS, a work queue
    QUERY = "qry"  # core request/reply in a queue group
    LIVE = "live"  # core, never awaited, no headers
    CONTROL = "ctl"  # core, broadcast to every replica


@dataclass(frozen=True, slots=True)
class Address:
    """A subject without its payload type: enough for permissions, streams and documents.

    `keys` names the trailing tokens in order; each is a bare id at run time.
    """

    kind: Kind
    owner: str
    entity: str
    verb: str
    version: int
    keys: tuple[str, ...]

    @property
    def stem(self) -> str:
        """The fixed part, e.g. `evt.session.message.posted.v1`."""
        return f"{self.kind}.{self.owner}.{self.entity}.{self.verb}.v{self.version}"

    @property
    def wildcard(self) -> str:
        """Matches this subject under any key."""
        return ".".join((self.stem, *("*" for _ in self.keys)))

    def at(self, *keys: str) -> str:
        """The concrete subject for these keys. Raises ValueError unless each key is one non-empty token."""
        if len(keys) != len(self.keys):
            raise ValueError(f"{self.stem} takes the keys {self.keys}, not {keys}")
        for key in keys:
            if not key or any(c in key for c in ". *>\t\r\n"):
                raise ValueError(f"{key!r} cannot be a token of {self.stem}")
        return ".".join((self.stem, *keys))


@dataclass(frozen=True, slots=True)
class Subject(Generic[P]):
    """One kind of message with its payload type and a sentence for `docs/EVENTS.md`."""

    address: Address
    payload: type[P]
    doc: str

    def at(self, *keys: str) -> str:
        """See `Address.at`."""
        return self.address.at(*keys)


@dataclass(frozen=True, slots=True)
class Event(Subject[P]):
    """A fact in the past tense, said by its owner only."""


@dataclass(frozen=True, slots=True)
class Command(Subject[P]):
    """An order to its owner, taken from a work queue."""


@dataclass(frozen=True, slots=True)
class Live(Subject[P]):
    """An ephemeral message whose loss is harmless."""


@dataclass(frozen=True, slots=True)
class Control(Subject[P]):
    """A broadcast to every replica that listens."""


@dataclass(frozen=True, slots=True)
class Query(Generic[Req, Res]):
    """A request to its owner and the type of the answer. `timeout_seconds` is the asker's default patience."""

    address: Address
    request: type[Req]
    response: type[Res]
    doc: str
    timeout_seconds: float = 5.0

    def at(self, *keys: str) -> str:
        """See `Address.at`."""
        return self.address.at(*keys)


def _address(kind: Kind, name: str, keys: tuple[str, ...]) -> Address:
    owner, entity, verb, version = name.split(".")
    return Address(kind, owner, entity, verb, int(version.removeprefix("v")), keys)


def event(name: str, payload: type[P], doc: str, *keys: str) -> Event[P]:
    """Declare `evt.<name>`, e.g. `event("session.message.posted.v1", …, "session")`."""
    return Event(_address(Kind.EVENT, name, keys), payload, doc)


def command(name: str, payload: type[P], doc: str, *keys: str) -> Command[P]:
    """Declare `cmd.<name>`."""
    return Command(_address(Kind.COMMAND, name, keys), payload, doc)


def live(name: str, payload: type[P], doc: str, *keys: str) -> Live[P]:
    """Declare `live.<name>`."""
    return Live(_address(Kind.LIVE, name, keys), payload, doc)


def control(name: str, payload: type[P], doc: str, *keys: str) -> Control[P]:
    """Declare `ctl.<name>`."""
    return Control(_address(Kind.CONTROL, name, keys), payload, doc)


def query(
    name: str, request: type[Req], response: type[Res], doc: str, *keys: str, timeout_seconds: float = 5.0
) -> Query[Req, Res]:
    """Declare `qry.<name>`."""
    return Query(_address(Kind.QUERY, name, keys), request, response, doc, timeout_seconds)
