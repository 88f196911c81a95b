"""What one run leaves behind for the checker: everything asked, acknowledged, shown, said by providers, and stored.

Values only. What readers saw is kept as changes, so that a long answer costs its length and not its square.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

# ---- what a reader was shown -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn looks like this from now on. Its text: the first `keep` code points of what was shown before, `added`."""

    at: float
    turn: str
    attempt: int
    status: str
    keep: int
    added: str


@dataclass(frozen=True, slots=True)
class EntryRead:
    """A log entry was applied. `body` is its canonical JSON."""

    at: float
    seq: int
    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Attached:
    """The server said where the room stands. `texts`: code points of each running turn's snapshot, by turn, attempt."""

    at: float
    connection: int
    head_seq: int
    recovered: bool
    texts: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A delta came over the wire, before anything was made of it."""

    at: float
    connection: int
    turn: str
    attempt: int
    offset: int
    length: int


Seen = Shown | EntryRead | Attached | Piece


@dataclass(frozen=True, slots=True)
class LastSight:
    """One turn as a reader sees it at the end."""

    status: str
    text: str
    rank: int | None


@dataclass(slots=True)
class Reader:
    """One device in one room."""

    name: str
    room: str
    seen: list[Seen] = field(default_factory=list[Seen])
    head_seq: int = 0
    messages: dict[str, str] = field(default_factory=dict[str, str])
    """Message id → text, at the end."""
    turns: dict[str, LastSight] = field(default_factory=dict[str, LastSight])


# ---- what was asked for ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Posted:
    """A message that a client went on sending until it saw it as `message.posted`."""

    room: str
    client_message_id: str
    text: str
    accepted: bool = False
    message_id: str | None = None


@dataclass(slots=True)
class StopAsked:
    """A stop that the server acknowledged, and what it covers."""

    room: str
    turns: tuple[str, ...]
    at: float


# ---- what was broken -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """Something was broken from `began` until `ended`, seconds of the same clock as everything here."""

    kind: str
    what: str
    began: float
    ended: float


# ---- what providers said ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached a provider. `question` marks the message that it answers."""

    number: int
    model: str
    question: str
    text: str
    completed: bool
    at: float
    fault: str | None = None


# ---- what is stored at the end ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A person's message."""

    room: str
    id: str
    client_message_id: str
    text: str
    round: int


@dataclass(frozen=True, slots=True)
class StoredReply:
    """One version of a reply."""

    room: str
    turn: str
    text: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn. `ending` is replied, failed or stopped once it is over."""

    room: str
    id: str
    model: str
    round: int
    state: str
    attempt: int
    deaths: int
    ending: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A line of a room's log. `turn` for those that concern one."""

    room: str
    seq: int
    name: str
    published: bool
    turn: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One booked provider call."""

    turn: str
    attempt: int
    call: int
    outcome: str
    estimated: bool
    cost: str


@dataclass(slots=True)
class Stored:
    """The truth in PostgreSQL, for the rooms of this run; sums are those of their owner."""

    messages: list[StoredMessage] = field(default_factory=list[StoredMessage])
    replies: list[StoredReply] = field(default_factory=list[StoredReply])
    turns: list[StoredTurn] = field(default_factory=list[StoredTurn])
    log: list[StoredEntry] = field(default_factory=list[StoredEntry])
    facts: list[Fact] = field(default_factory=list[Fact])
    reserved_turns: list[str] = field(default_factory=list[str])
    open_rounds: int = 0
    calls_booked: int = 0
    calls_rolled_up: int = 0
    cost_booked: str = "0"
    cost_rolled_up: str = "0"


@dataclass(slots=True)
class Journal:
    """All of it."""

    name: str
    readers: list[Reader] = field(default_factory=list[Reader])
    posts: list[Posted] = field(default_factory=list[Posted])
    stops: list[StopAsked] = field(default_factory=list[StopAsked])
    broken: list[Broken] = field(default_factory=list[Broken])
    calls: list[Call] = field(default_factory=list[Call])
    stored: Stored = field(default_factory=Stored)
    seconds: float = 0.0

    def plain(self) -> dict[str, Any]:
        """For a file that somebody reads after a failure."""
        return asdict(self) | {
            "readers": [
                asdict(reader) | {"seen": [{"kind": type(seen).__name__} | asdict(seen) for seen in reader.seen]}
                for reader in self.readers
            ]
        }
