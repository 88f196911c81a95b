"""What a room looks like, folded from frames. Pure: no clock, no socket, no task.

Merging, repeating or replaying frames gives the same transcript: entries count by `seq`, text by `attempt` and
`offset`. Where something is missing the fold says so, and whoever owns the connection attaches again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from palaver.contracts.client_protocol import (
    Attached,
    ContextSummaryNotice,
    ContextUsage,
    ContextUsageNotice,
    Delta,
    FailedTurnItem,
    LiveTurn,
    ReplyItem,
    SummaryChange,
    UserMessageItem,
)
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId, TurnId
from palaver.contracts.session_log import (
    Branch,
    BranchCreated,
    MessageDeleted,
    MessagePinned,
    MessagePosted,
    MessageUnpinned,
    Participant,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantUpdated,
    PathChanged,
    Reply,
    ReplyAppended,
    ReplyVersionSelected,
    RoundEnded,
    SessionArchived,
    SessionCreated,
    SessionEvent,
    SessionRestored,
    SessionStateChanged,
    SessionUpdated,
    SessionView,
    TurnEnd,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStarted,
    TurnStopped,
    UserMessage,
)

Status = Literal["waiting", "streaming", "completed", "failed", "stopped"]
MAX_REMEMBERED_ENTRIES = 10_000
"""Log entries that `Transcript.entries` keeps for readers; older ones are dropped from memory, not from the room."""


class Verdict(Enum):
    """What a frame did to the transcript."""

    APPLIED = auto()
    IGNORED = auto()
    GAP = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """New text of a reply. `restarted`: the answer began anew, drop what came before."""

    text: str
    restarted: bool = False


@dataclass(slots=True)
class ReplyState:
    """One answer, from request to end. `text` is always a prefix of one attempt's answer."""

    turn: TurnRef
    status: Status = "waiting"
    attempt: int = 0
    rank: int | None = None
    text: str = ""
    reply: Reply | None = None
    code: ErrorCode | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self.status not in ("waiting", "streaming")

    def fold(self, attempt: int, offset: int, text: str) -> Verdict:
        """Take a delta or a snapshot. `offset` counts code points, as `len(str)` does."""
        if self.ended or attempt < self.attempt:
            return Verdict.IGNORED
        if attempt > self.attempt:
            self.attempt, self.text = attempt, ""
        have = len(self.text)
        if offset > have:
            return Verdict.GAP
        fresh = text[have - offset :]
        if not fresh:
            return Verdict.IGNORED
        self.text += fresh
        self.status = "streaming"
        return Verdict.APPLIED


@dataclass(slots=True)
class Transcript:
    """One room: who sits in it, what was said, what is being said.

    `pinned`: ids of pinned messages and replies, also of such as no page has brought, in the order of their pinning.
    """

    session: SessionView | None = None
    epoch: str | None = None
    head_seq: int = 0
    messages: dict[str, UserMessage] = field(default_factory=dict[str, UserMessage])
    replies: dict[str, ReplyState] = field(default_factory=dict[str, ReplyState])
    usage: ContextUsage | None = None
    summary: SummaryChange | None = None
    """The newest change of a summary that was heard of; `Rest.summaries` gives the texts."""
    entries: list[SessionEvent] = field(default_factory=list[SessionEvent])
    ended_rounds: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    pinned: list[MessageId] = field(default_factory=list[MessageId])
    branches: tuple[Branch, ...] = ()
    """All of the room; `session.path` says which of them are shown. What was said on others stays in `messages`."""
    shown: dict[MessageId, TurnId] = field(default_factory=dict[MessageId, TurnId])
    """Answer → the turn whose version of it counts."""

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Seats in order."""
        return self.session.participants if self.session else ()

    def round_of(self, client_message_id: str) -> tuple[str, int] | None:
        """Branch and number of the round that a message of this client opened, once it is posted."""
        for message in self.messages.values():
            if message.client_message_id == client_message_id:
                return message.branch, message.round
        return None

    def replies_in(self, branch: str, round_number: int) -> list[ReplyState]:
        """Answers of one round: those that speak in order of their first token, then those that wait.

        Of several versions of an answer the one that is being written, else the one that counts.
        """
        newest: dict[MessageId, ReplyState] = {}
        for state in self.replies.values():
            if (state.turn.branch, state.turn.round) == (branch, round_number):
                newest[state.turn.reply_id] = self._version(newest.get(state.turn.reply_id), state)
        found = [*newest.values()]
        return sorted(found, key=lambda r: (r.rank is None, r.rank or 0, r.turn.step))

    def _version(self, one: ReplyState | None, other: ReplyState) -> ReplyState:
        if one is None:
            return other
        older, newer = sorted((one, other), key=lambda state: state.turn.version)
        counts = self.shown.get(other.turn.reply_id)
        return older if newer.ended and older.turn.turn_id == counts else newer

    def attach(self, frame: Attached) -> None:
        """Take the answer to `attach`: what was missed, or the newest page, then the running texts."""
        if not frame.recovered:
            self.messages.clear()
            self.replies.clear()
            self.ended_rounds.clear()
            self.shown.clear()
            self.branches = frame.branches
            self._page(frame)
            self.head_seq = frame.head_seq
        for entry in frame.entries:
            self.apply(entry)
        self.pinned = [*frame.pinned]
        self.session, self.epoch = frame.session, frame.epoch
        self.head_seq = max(self.head_seq, frame.head_seq)
        for turn in frame.running:
            self.replies.setdefault(turn.turn_id, ReplyState(turn))
        for live in frame.live:
            self._snapshot(live)

    def notice(self, frame: ContextUsageNotice | ContextSummaryNotice) -> None:
        """What the server says of the windows here."""
        if isinstance(frame, ContextUsageNotice):
            self.usage = frame.data
        else:
            self.summary = frame.data

    def delta(self, frame: Delta) -> Verdict:
        """Take a piece of an answer. Other channels than the answer are not part of the text."""
        state = self.replies.get(frame.turn_id)
        if state is None or frame.channel != "answer":
            return Verdict.IGNORED
        return state.fold(frame.attempt, frame.offset, frame.text)

    def apply(self, entry: SessionEvent) -> Verdict:
        """Take a log entry; one that skips a number is a gap and changes nothing."""
        if entry.seq <= self.head_seq:
            return Verdict.IGNORED
        if entry.seq > self.head_seq + 1:
            return Verdict.GAP
        self.head_seq = entry.seq
        self._change(entry)
        self.entries.append(entry)
        del self.entries[:-MAX_REMEMBERED_ENTRIES]
        return Verdict.APPLIED

    def _change(self, entry: SessionEvent) -> None:
        match entry:
            case SessionCreated() | SessionUpdated() | SessionArchived() | SessionRestored():
                self.session = entry.data.session
            case SessionStateChanged() if self.session:
                self.session = self.session.model_copy(update={"state": entry.data.state})
            case ParticipantAdded() | ParticipantUpdated():
                self._seat(entry.data.participant)
            case ParticipantRemoved():
                self._seats(p for p in self.participants if p.id != entry.data.participant_id)
            case BranchCreated():
                self.branches = (*self.branches, entry.data.branch)
            case PathChanged() if self.session:
                self.session = self.session.model_copy(update={"path": entry.data.path})
            case RoundEnded():
                self.ended_rounds.add((entry.data.branch, entry.data.round))
            case _:
                self._said(entry)

    def _said(self, entry: SessionEvent) -> None:
        match entry:
            case MessagePosted():
                self.messages[entry.data.message.id] = entry.data.message
            case MessageDeleted():
                self._forget(entry.data.message_id)
            case MessagePinned():
                self._unpin(entry.data.message_id)
                self.pinned.append(entry.data.message_id)
            case MessageUnpinned():
                self._unpin(entry.data.message_id)
            case _:
                self._turn(entry)

    def _turn(self, entry: SessionEvent) -> None:
        match entry:
            case TurnRequested():
                self.replies.setdefault(entry.data.turn_id, ReplyState(entry.data))
            case TurnStarted():
                state = self._state(entry.data)
                state.rank = entry.data.rank
                if entry.data.attempt > state.attempt:
                    state.attempt, state.text = entry.data.attempt, ""
                if not state.ended:
                    state.status = "streaming"
            case TurnFailed():
                self._fail(entry.data, "failed")
            case TurnStopped():
                self._fail(entry.data, "stopped")
            case ReplyAppended() | ReplyVersionSelected():
                self._finish(self._state(entry.data), entry.data.reply)
            case _:
                pass

    def _state(self, turn: TurnRef) -> ReplyState:
        return self.replies.setdefault(turn.turn_id, ReplyState(turn))

    def _fail(self, end: TurnEnd, status: Literal["failed", "stopped"]) -> None:
        """Nothing was kept of it: what a worker had shown that died before it could hand it over is taken back."""
        state = self._state(end)
        state.status, state.code, state.error = status, end.code, end.message
        state.text, state.rank = "", None

    def _finish(self, state: ReplyState, reply: Reply) -> None:
        self.shown[reply.id] = reply.turn_id
        statuses: dict[str, Status] = {"stopped": "stopped", "error": "failed", "interrupted": "failed"}
        state.reply, state.text, state.rank = reply, reply.text, reply.rank
        state.status = statuses.get(reply.finish_reason, "completed")

    def _seat(self, participant: Participant) -> None:
        others = [p for p in self.participants if p.id != participant.id]
        self._seats(sorted([*others, participant], key=lambda p: p.position))

    def _seats(self, participants: Iterable[Participant]) -> None:
        if self.session:
            self.session = self.session.model_copy(update={"participants": tuple(participants)})

    def _unpin(self, message_id: MessageId) -> None:
        if message_id in self.pinned:
            self.pinned.remove(message_id)

    def _forget(self, message_id: MessageId) -> None:
        self._unpin(message_id)
        self.messages.pop(message_id, None)
        self.shown.pop(message_id, None)
        for turn_id, state in list(self.replies.items()):
            if state.turn.reply_id == message_id:
                del self.replies[turn_id]

    def _page(self, frame: Attached) -> None:
        for item in frame.messages:
            match item:
                case UserMessageItem():
                    self.messages[item.message.id] = item.message
                case ReplyItem():
                    self._finish(self._state(item.turn), item.reply)
                case FailedTurnItem():
                    state = self._state(item.turn)
                    state.status = "stopped" if item.error.code is ErrorCode.STOPPED else "failed"
                    state.code, state.error = item.error.code, item.error.message
        self.ended_rounds |= {(m.branch, m.round) for m in self.messages.values() if _is_over(m.round, frame)}

    def _snapshot(self, live: LiveTurn) -> None:
        state = self.replies.get(live.turn_id)
        if state is None:
            return
        state.rank = live.rank if live.rank is not None else state.rank
        state.fold(live.attempt, live.offset, live.text)


def _is_over(round_number: int, frame: Attached) -> bool:
    """Whether a round of the page has ended. Rounds run one after the other; later ones wait and have no turns yet."""
    if frame.session.state != "running":
        return True
    return round_number < max((turn.round for turn in frame.running), default=0)
