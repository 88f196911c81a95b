"""What each entry of a session's log means for the conversation. Pure: store and memory apply the same changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import assert_never

from palaver.context.domain import BEFORE_STEPS, Entry, EntryKey, Fork, Mark, Place, Room, Seat, Setting
from palaver.context.rates import Tokens
from palaver.contracts import session_log
from palaver.contracts.ids import MessageId, ParticipantId
from palaver.contracts.session_log import (
    EventFrame,
    FinishReason,
    Participant,
    ReplyEnd,
    SessionView,
    UserMessage,
)


@dataclass(frozen=True, slots=True)
class Decided:
    """The room's owner decided something."""

    setting: Setting


@dataclass(frozen=True, slots=True)
class Forked:
    """Another branch begins."""

    branch: str
    fork: Fork


@dataclass(frozen=True, slots=True)
class Turned:
    """Other branches are shown."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seated:
    """A seat was taken or changed."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class Left:
    """A seat was left."""

    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class Said:
    """A message or a version of a reply came in."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Chosen:
    """This version of a reply is the one that counts."""

    key: EntryKey


@dataclass(frozen=True, slots=True)
class Erased:
    """A message's text is gone, in all its versions."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Pinned:
    """A message was pinned, or its pin was taken away."""

    message_id: MessageId
    pinned: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The room is deleted: nobody sees it, and it is kept, for it may be restored."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A deleted room is back, with what its last turns said meanwhile."""


Change = Decided | Forked | Turned | Seated | Left | Said | Chosen | Erased | Pinned | Closed | Reopened


@dataclass(frozen=True, slots=True)
class Step:
    """One log entry and what it changes; often nothing."""

    seq: int
    changes: tuple[Change, ...]


_MARKS: dict[FinishReason, Mark] = {"stopped": "stopped", "interrupted": "interrupted", "error": "failed"}


def _seat(participant: Participant) -> Seat:
    return Seat(
        participant_id=participant.id,
        model_id=participant.model_id,
        name=participant.name,
        position=participant.position,
        system_prompt=participant.system_prompt,
        muted=participant.muted,
    )


def _room_changes(view: SessionView) -> tuple[Change, ...]:
    setting = Setting(view.owner_id, view.mode, view.prompt_mode, view.system_prompt, view.path)
    return (Decided(setting), *(Seated(_seat(participant)) for participant in view.participants))


def _changes_of_its_end(event: session_log.SessionDeleted | session_log.SessionRestored) -> tuple[Change, ...]:
    if isinstance(event, session_log.SessionDeleted):
        return (Closed(),)
    return (Reopened(), *_room_changes(event.data.session))


def _changes_of_the_way(event: session_log.BranchCreated | session_log.PathChanged) -> tuple[Change, ...]:
    if isinstance(event, session_log.PathChanged):
        return (Turned(event.data.path),)
    branch = event.data.branch
    return () if branch.parent is None else (Forked(branch.id, Fork(branch.parent, branch.first_round)),)


def _message(message: UserMessage, seq: int) -> Said:
    return Said(
        Entry(
            message_id=message.id,
            version=1,
            branch=message.branch,
            place=Place(message.round, BEFORE_STEPS, 0, seq),
            text=message.content,
            author=message.author,
            changed=seq,
        )
    )


def _reply(end: ReplyEnd, seq: int) -> Said:
    return Said(
        Entry(
            message_id=end.reply.id,
            version=end.reply.version,
            branch=end.branch,
            place=Place(end.round, end.step, end.reply.rank, seq),
            text=end.reply.text,
            participant_id=end.participant_id,
            model=end.reply.model,
            mark=_MARKS.get(end.reply.finish_reason),
            changed=seq,
        )
    )


def step_of(event: EventFrame) -> Step:
    """What one log entry changes. Entries of a kind that is not known (a newer session wrote them) change nothing."""
    return Step(event.seq, _changes(event))


def _changes(event: EventFrame) -> tuple[Change, ...]:
    match event:
        case session_log.SessionCreated() | session_log.SessionUpdated() | session_log.SessionArchived():
            return _room_changes(event.data.session)
        case session_log.SessionDeleted() | session_log.SessionRestored():
            return _changes_of_its_end(event)
        case session_log.ParticipantAdded() | session_log.ParticipantUpdated():
            return (Seated(_seat(event.data.participant)),)
        case session_log.ParticipantRemoved():
            return (Left(event.data.participant_id),)
        case session_log.BranchCreated() | session_log.PathChanged():
            return _changes_of_the_way(event)
        case _:
            return _changes_of_what_was_said(event)


def _changes_of_what_was_said(event: EventFrame) -> tuple[Change, ...]:
    match event:
        case session_log.MessagePosted():
            return (_message(event.data.message, event.seq),)
        case session_log.ReplyAppended():
            return (_reply(event.data, event.seq),)
        case session_log.ReplyVersionSelected():
            return (Chosen((event.data.reply.id, event.data.reply.version)),)
        case session_log.MessageDeleted():
            return (Erased(event.data.message_id),)
        case session_log.MessagePinned() | session_log.MessageUnpinned():
            return (Pinned(event.data.message_id, isinstance(event, session_log.MessagePinned)),)
        case _:
            return ()


def said(steps: Iterable[Step]) -> list[Entry]:
    """The entries that come in by these steps."""
    return [change.entry for step in steps for change in step.changes if isinstance(change, Said)]


def counted(steps: Sequence[Step], counts: Mapping[EntryKey, Mapping[str, Tokens]]) -> list[Step]:
    """The steps, with the counts put into the entries that come in."""

    def with_counts(change: Change) -> Change:
        return Said(replace(change.entry, counts=counts[change.entry.key])) if isinstance(change, Said) else change

    return [Step(step.seq, tuple(map(with_counts, step.changes))) for step in steps]


def appended_by(steps: Iterable[Step], room: Room) -> list[Entry] | None:
    """The entries that these steps add to the room, if that is all that they change; else None."""
    added: list[Entry] = []
    for step in steps:
        for change in step.changes if step.seq > room.cursor else ():
            if not isinstance(change, Said) or change.entry.key in room.entries:
                return None
            added.append(change.entry)
    return added


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a room's projection stands. One that is `gone` for good changes no more."""

    epoch: str
    cursor: int
    gone: bool = False


class _Draft:
    """A room while changes are put into it."""

    def __init__(self, room: Room) -> None:
        self.setting = room.setting
        self.deleted = room.deleted
        self.seats = dict(room.seats)
        self.entries = dict(room.entries)
        self.pins = dict(room.pins)
        self.forks = dict(room.forks)

    def put(self, change: Change, seq: int) -> None:
        match change:
            case Decided(setting):
                self.setting = setting
            case Forked(branch, fork):
                self.forks[branch] = fork
            case Turned(path):
                self.setting = self.setting and replace(self.setting, path=path)
            case Seated(seat):
                self.seats[seat.participant_id] = seat
            case Left(participant_id):
                if participant_id in self.seats:
                    self.seats[participant_id] = replace(self.seats[participant_id], removed=True)
            case Said() | Chosen() | Erased() | Pinned():
                self._put_said(change, seq)
            case Closed() | Reopened():
                self.deleted = isinstance(change, Closed)
            case _:
                assert_never(change)

    def _put_said(self, change: Said | Chosen | Erased | Pinned, seq: int) -> None:
        match change:
            case Said(entry):
                self.entries[entry.key] = entry
            case Chosen(key):
                if key in self.entries:
                    self.entries[key] = replace(self.entries[key], changed=seq)
            case Erased(message_id):
                self._erase(message_id, seq)
            case Pinned(message_id, pinned):
                self.pins.pop(message_id, None)
                self.pins |= {message_id: seq} if pinned else {}

    def _erase(self, message_id: MessageId, seq: int) -> None:
        self.pins.pop(message_id, None)
        for entry in [entry for entry in self.entries.values() if entry.message_id == message_id]:
            self.entries[entry.key] = entry.erased(seq)


def applied(room: Room, steps: Iterable[Step]) -> Room:
    """The room after steps that follow on its cursor without a gap; older ones are ignored.

    Raises ValueError for one that is ahead.
    """
    draft, cursor = _Draft(room), room.cursor
    for step in steps:
        if step.seq <= cursor:
            continue
        if step.seq != cursor + 1:
            raise ValueError(f"step {step.seq} does not follow on {cursor}")
        for change in step.changes:
            draft.put(change, step.seq)
        cursor = step.seq
    return replace(
        room,
        cursor=cursor,
        setting=draft.setting,
        deleted=draft.deleted,
        seats=MappingProxyType(draft.seats),
        entries=MappingProxyType(draft.entries),
        pins=MappingProxyType(draft.pins),
        forks=MappingProxyType(draft.forks),
    )
