"""What a conversation is to this service: entries in places, seats that hold models, and the room they share.

Values only. No I/O, no tokens counted, nothing rendered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

from palaver.context.rates import Tokens
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, UserId
from palaver.contracts.session_log import PromptMode

Mark = Literal["stopped", "interrupted", "failed"]
"""What is wrong with a reply. `failed` ones are kept, but no model sees them."""

BEFORE_STEPS = -1
"""The step of a person's message: it comes before every step of its round, however steps are numbered."""


EntryKey = tuple[MessageId, int]
"""Message and version."""


class Place(NamedTuple):
    """Where an entry stands in its branch. Tuples compare in the order of the conversation; `seq` only breaks ties."""

    round: int
    step: int
    rank: int
    seq: int


class Slot(NamedTuple):
    """What versions of one reply have in common: a participant speaks once in a step."""

    branch: str
    round: int
    step: int
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class Entry:
    """One message or one version of a reply.

    `text` is what the speaker wrote. `model` wrote it for a participant; None where that is not known. `counts` are its
    tokens as others read it (`attribution.quoted`), by encoding. `changed` is the log `seq` that last touched it:
    of several versions of a reply the one that was last made or chosen counts.
    """

    message_id: MessageId
    version: int
    branch: str
    place: Place
    text: str
    author: UserId | None = None
    participant_id: ParticipantId | None = None
    model: str | None = None
    mark: Mark | None = None
    deleted: bool = False
    changed: int = 0
    counts: Mapping[str, Tokens] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def key(self) -> EntryKey:
        """What identifies it in its room."""
        return (self.message_id, self.version)

    @property
    def slot(self) -> Slot | None:
        """None for a person's message."""
        if self.participant_id is None:
            return None
        return Slot(self.branch, self.place.round, self.place.step, self.participant_id)

    @property
    def shown(self) -> bool:
        """True where models may see it."""
        return bool(self.text) and not self.deleted and self.mark != "failed"

    def erased(self, seq: int) -> "Entry":
        """The entry without its text."""
        return replace(self, text="", deleted=True, changed=seq, counts=MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant, also after it left: what it said stays its own."""

    participant_id: ParticipantId
    model_id: str
    name: str
    position: int
    system_prompt: str | None = None
    muted: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a room's owner decided. `path` lists the visible branches from the root to the leaf."""

    owner_id: UserId
    mode: str
    prompt_mode: PromptMode
    system_prompt: str | None
    path: tuple[str, ...]


class Fork(NamedTuple):
    """Where a branch leaves its parent, of which the rounds before `first_round` are seen on it."""

    parent: str
    first_round: int


@dataclass(frozen=True, slots=True)
class Room:
    """A session as projected up to the log entry `cursor` of `epoch`. `setting` is None until the first entry.

    `pins`: pinned messages and replies, with the log `seq` of their pinning. `forks`: of every branch but the first.
    """

    session_id: SessionId
    epoch: str
    cursor: int
    setting: Setting | None = None
    deleted: bool = False
    seats: Mapping[ParticipantId, Seat] = field(default_factory=lambda: MappingProxyType({}))
    entries: Mapping[EntryKey, Entry] = field(default_factory=lambda: MappingProxyType({}))
    pins: Mapping[MessageId, int] = field(default_factory=lambda: MappingProxyType({}))
    forks: Mapping[str, Fork] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def in_order(self) -> list[Seat]:
        """All seats, left ones too, in the order of their positions."""
        return sorted(self.seats.values(), key=lambda seat: (seat.position, seat.participant_id))

    @property
    def present(self) -> list[Seat]:
        """Seats that are taken, in the order of their positions."""
        return [seat for seat in self.in_order if not seat.removed]
