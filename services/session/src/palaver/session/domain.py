"""Values and rules of rooms, rounds and turns. No I/O; nothing here knows the broker or the database."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from zlib import crc32

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CompletionId, MessageId, ParticipantId, SessionId, TurnId, UserId, WorkerId
from palaver.contracts.session import OpenCall
from palaver.contracts.session_log import (
    AnswerSettings,
    Branch,
    ContextFill,
    FinishReason,
    Participant,
    PromptMode,
    RoundEnd,
    SessionState,
    SessionView,
    TurnRef,
    Usage,
    UserMessage,
)

RoundState = Literal["queued", "running", "ended"]
TurnState = Literal["waiting", "issued", "claimed", "ended"]
"""`waiting`: for the payer's other turns. `issued`: a command is out. `claimed`: a worker runs it."""
TurnEnding = Literal["replied", "failed", "stopped"]

FIRST_ROUND = 1


@dataclass(frozen=True, slots=True)
class Session:
    """A room's own row. `head_seq` is its newest log entry, `current_round` the round that runs, `title_job` the side
    job that is to give it its title.
    """

    id: SessionId
    owner_id: UserId
    title: str
    mode: str
    mode_version: int
    mode_state: Mapping[str, Any]
    prompt_mode: PromptMode
    system_prompt: str | None
    state: SessionState
    archived: bool
    path: tuple[str, ...]
    epoch: str
    head_seq: int
    last_round: int
    current_round: int | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    title_job: CompletionId | None = None

    @property
    def branch(self) -> str:
        """The visible branch, where new messages go."""
        return self.path[-1]

    def view(self, seats: Sequence[Participant]) -> SessionView:
        """The room as its members see it."""
        return SessionView(
            id=self.id,
            owner_id=self.owner_id,
            title=self.title,
            mode=self.mode,
            state=self.state,
            prompt_mode=self.prompt_mode,
            system_prompt=self.system_prompt,
            archived=self.archived,
            participants=tuple(seats),
            path=self.path,
            created_at=self.created_at,
            updated_at=self.updated_at,
            deleted_at=self.deleted_at,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What follows a person's message. `addressed` restricts who speaks; `model_id` overrides a lone speaker's."""

    session_id: SessionId
    number: int
    branch: str
    state: RoundState
    step: int
    message_id: MessageId | None
    addressed: tuple[ParticipantId, ...] | None
    model_id: str | None
    stopped: bool = False
    reason: RoundEnd | None = None
    ended_at: datetime | None = None

    def speakers(self, seats: Iterable[Participant]) -> tuple[Participant, ...]:
        """Who may speak in it, of those who sit in the room now, in their order."""
        return speaking(seats, self.addressed)


@dataclass(frozen=True, slots=True)
class Turn:
    """One participant's answer in the making. `live` says that its claim had not lapsed when the row was read."""

    session_id: SessionId
    ref: TurnRef
    payer: UserId
    min_seq: int
    state: TurnState
    attempt: int
    issues: int
    deaths: int
    worker: WorkerId | None
    live: bool
    lease_until: datetime | None
    rank: int | None
    started_attempt: int
    stop_requested: bool
    open_call: OpenCall | None
    checkpointed: int
    deadline: datetime | None
    settings: AnswerSettings

    @property
    def open(self) -> bool:
        """Whether its end is still to come."""
        return self.state != "ended"

    @property
    def runs(self) -> bool:
        """Whether a worker that lives holds it, as far as its claim tells."""
        return self.state == "claimed" and self.live

    def past_deadline(self, at: datetime, policy: "TurnPolicy") -> bool:
        """Whether it is later than its worker would let it become."""
        return self.deadline is not None and self.deadline + timedelta(seconds=policy.deadline_grace_seconds) < at

    def first_issued(self, at: datetime, policy: "TurnPolicy") -> "Turn":
        """Its command goes out for the first time."""
        return replace(self, state="issued", issues=1, deadline=at + timedelta(seconds=policy.deadline_seconds))

    @classmethod
    def requested(
        cls, session_id: SessionId, ref: TurnRef, *, payer: UserId, min_seq: int, settings: AnswerSettings
    ) -> "Turn":
        """A turn at its beginning: it waits to be issued."""
        return cls(
            session_id=session_id,
            ref=ref,
            payer=payer,
            min_seq=min_seq,
            state="waiting",
            attempt=1,
            issues=0,
            deaths=0,
            worker=None,
            live=False,
            lease_until=None,
            rank=None,
            started_attempt=0,
            stop_requested=False,
            open_call=None,
            checkpointed=0,
            deadline=None,
            settings=settings,
        )


@dataclass(frozen=True, slots=True)
class RoundTurn:
    """What decides about a round's next step. `ending` is None while the turn is open."""

    id: TurnId
    round: int
    step: int
    participant_id: ParticipantId
    version: int
    ending: TurnEnding | None
    rank: int | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class PayerLoad:
    """How many turns of the room's payer are issued and unfinished, and how many wait, in all their rooms; true for
    who has the payer locked. `read_at` is Postgres's time.
    """

    issued: int
    waiting: int
    read_at: datetime


@dataclass(slots=True)
class Scene:
    """What goes on in a room, as far as it decides what happens next; kept current by whoever changes the room.

    `rounds` are the running and the waiting ones by number; `turns` those of the running round and of every round in
    which one is open, in the order in which they were asked for. `said`: the message was taken before.
    """

    seats: tuple[Participant, ...] = ()
    rounds: dict[int, Round] = field(default_factory=dict[int, Round])
    turns: list[RoundTurn] = field(default_factory=list[RoundTurn])
    turn: Turn | None = None
    said: bool = False
    load: PayerLoad | None = None

    @property
    def queued(self) -> list[Round]:
        """The rounds that wait, oldest first."""
        return sorted((found for found in self.rounds.values() if found.state == "queued"), key=lambda r: r.number)

    def of_round(self, number: int) -> list[RoundTurn]:
        """The turns of a round, without those that only make a new version of an answer."""
        return [turn for turn in self.turns if turn.round == number and turn.version == 1]

    def next_rank(self, number: int) -> int:
        """The next place inside a round whose turns are here, from 1."""
        return max((turn.rank or 0 for turn in self.turns if turn.round == number), default=0) + 1

    def mark(self, turn_id: TurnId, *, rank: int | None, ending: TurnEnding | None = None) -> None:
        """A turn got its rank, or its end."""
        self.turns = [replace(t, rank=rank, ending=ending) if t.id == turn_id else t for t in self.turns]


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """The numbers in a turn's life.

    An unclaimed command is repeated after `first_issue_wait_seconds`, doubling up to the longest wait. The deadline
    counts from the first issue; workers keep it themselves, session ends a turn that is later by the grace.
    """

    max_issued_per_payer: int
    lease_seconds: float
    max_deaths: int
    first_issue_wait_seconds: float
    longest_issue_wait_seconds: float
    deadline_seconds: float
    deadline_grace_seconds: float


@dataclass(frozen=True, slots=True)
class Replied:
    """A turn ended with text. `model` is None when nobody can say which one really answered."""

    text: str
    finish_reason: FinishReason
    model: str | None = None
    usage: Usage | None = None
    cost: Decimal | None = None
    context: ContextFill | None = None
    first_token_at: datetime | None = None

    @property
    def ending(self) -> TurnEnding:
        """How it counts."""
        return "replied"


@dataclass(frozen=True, slots=True)
class Silent:
    """A turn ended without text, and why."""

    code: ErrorCode
    message: str
    retryable: bool

    @property
    def ending(self) -> TurnEnding:
        """How it counts."""
        return "stopped" if self.code is ErrorCode.STOPPED else "failed"


Ending: TypeAlias = Replied | Silent


# ---- seats -----------------------------------------------------------------------------------------------------------
PALETTE = (
    "#4f7cff",
    "#f2762e",
    "#1fa971",
    "#b45cf0",
    "#e0455f",
    "#149fb8",
    "#c08a12",
    "#7a8b2e",
    "#e05fae",
    "#5b6b86",
)
"""Ten colours that stay apart on light and dark ground, also for the commonest colour-blindness."""

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_SPACES = re.compile(r"\s+")


def speaking(seats: Iterable[Participant], addressed: Sequence[ParticipantId] | None = None) -> tuple[Participant, ...]:
    """Who answers: those not muted, of `addressed` if given."""
    return tuple(seat for seat in seats if not seat.muted and (addressed is None or seat.id in addressed))


def next_color(taken: Iterable[str]) -> str:
    """The first colour of the palette that is used least."""
    used = [color.lower() for color in taken]
    return min(PALETTE, key=used.count)


def visible_line(text: str, longest: int) -> str:
    """The text as one visible line of so many characters at most; empty if nothing of it is visible."""
    return _SPACES.sub(" ", _INVISIBLE.sub(" ", text)).strip()[:longest].strip()


def one_line(name: str) -> str:
    """The name as one visible line."""
    return visible_line(name, limits.MAX_NAME_CHARACTERS) or "Model"


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, made one visible line, with a number behind it if somebody in the room is called so already."""
    lowered = {name.casefold() for name in taken}
    base = one_line(wanted)
    name, number = base, 2
    while name.casefold() in lowered:
        suffix = f" {number}"
        name = base[: limits.MAX_NAME_CHARACTERS - len(suffix)].rstrip() + suffix
        number += 1
    return name


# ---- text ------------------------------------------------------------------------------------------------------------
def storable(text: str) -> str:
    """Text that Postgres can hold: U+0000 becomes U+FFFD, so that lengths and offsets stay the same."""
    return text.replace("\x00", "\ufffd")


def fold(pieces: Iterable[tuple[int, str]]) -> str:
    """Checkpoints `(offset, text)` of one attempt as one text; what lies behind a gap is left out."""
    text = ""
    for offset, piece in sorted(pieces):
        if offset > len(text):
            break
        if offset + len(piece) > len(text):
            text = text[:offset] + piece
    return text


def longest(checkpoints: Iterable[tuple[int, int, str]]) -> str:
    """The longest text that any attempt got to, from `(attempt, offset, text)`; of equals the newest."""
    attempts: dict[int, list[tuple[int, str]]] = {}
    for attempt, offset, piece in checkpoints:
        attempts.setdefault(attempt, []).append((offset, piece))
    texts = [fold(pieces) for _, pieces in sorted(attempts.items(), reverse=True)]
    return max(texts, key=len, default="")


# ---- the visible path ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Segment:
    """The rounds of one branch that are visible: `first` to `last`, both included; no `last` at the leaf."""

    branch: str
    first: int
    last: int | None


def segments(path: Sequence[str], branches: Mapping[str, Branch]) -> tuple[Segment, ...]:
    """Which rounds of which branches the path shows; each branch ends where its child on the path begins."""
    firsts = [branches[branch].first_round for branch in path]
    ends: list[int | None] = [first - 1 for first in firsts[1:]]
    return tuple(Segment(*segment) for segment in zip(path, firsts, [*ends, None], strict=True))


def path_to(branch: Branch, branches: Mapping[str, Branch]) -> tuple[str, ...]:
    """The way from the root to a branch."""
    path = [branch.id]
    while branch.parent is not None:
        branch = branches[branch.parent]
        path.append(branch.id)
    return tuple(reversed(path))


def rewording(message: UserMessage, of: Branch, *, new: str, message_id: MessageId) -> Branch:
    """The branch `new` that begins with other words for a message `of` a branch.

    Where that is itself another wording, the new one stands beside it, not below.
    """
    if of.message_id == message.id:
        return of.model_copy(update={"id": new, "message_id": message_id})
    return Branch(id=new, parent=of.id, first_round=message.round, edits=message.id, message_id=message_id)


def seed_of(session_id: str, round_number: int, step: int) -> int:
    """The chance that a director may use: the same whenever the step is decided again."""
    return crc32(f"{session_id}:{round_number}:{step}".encode())
