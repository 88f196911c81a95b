"""A room with all that is derived from it for reading: speakers' names, branches in order, sums.

Made lazily, kept until the room changes. A conversation mostly grows at its end: then what an earlier view derived is
taken over and extended, so that a new message costs the same in a room of ten messages and of ten thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from palaver.context.attribution import Speakers, speakers_of
from palaver.context.domain import Entry, EntryKey, Room
from palaver.context.fit import Sums
from palaver.context.rates import Tokens
from palaver.context.reading import Reading
from palaver.context.transcript import Line, Transcript, extended, transcript
from palaver.contracts.ids import ParticipantId

SumsKey = tuple[ParticipantId, str]
"""Participant, encoding."""
MAX_PENDING = 256
"""Entries that a branch nobody looks at may lag behind before it is made anew."""


@dataclass(slots=True)
class _Branch:
    """The conversation on the way to one branch: its beginning `transcript`, with `sums` over beginnings of it and
    `readings` of them, and the entries of the room that came `pending` since.
    """

    transcript: Transcript
    sums: dict[SumsKey, Sums] = field(default_factory=dict[SumsKey, Sums])
    readings: dict[ParticipantId, Reading] = field(default_factory=dict[ParticipantId, Reading])
    pending: tuple[Entry, ...] = ()


class RoomView:
    """One state of one room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.late_counts: dict[str, dict[EntryKey, Tokens]] = {}
        """By encoding: counts made here because an encoding came into use after the text did."""
        self._speakers: Speakers | None = None
        self._branches: dict[str, _Branch] = {}
        self._known: tuple[Transcript, ...] = ()

    def later(self, room: Room, appended: Sequence[Entry] | None) -> "RoomView":
        """The view of a later state of the room; what did not change is taken over.

        `appended`: the entries by which it differs; None if it may differ in other ways.
        """
        view = RoomView(room)
        view.late_counts = self.late_counts
        known = tuple(branch.transcript for branch in self._branches.values()) or self._known
        speakers = self._speakers if appended is not None and self._speaker_of(appended) else None
        branches: dict[str, _Branch] = {}
        for leaf, branch in self._branches.items() if speakers is not None else ():
            pending = (*branch.pending, *(appended or ()))
            if len(pending) <= MAX_PENDING:
                branches[leaf] = replace(
                    branch, sums=dict(branch.sums), readings=dict(branch.readings), pending=pending
                )
        view._take_over(known, speakers, branches)
        return view

    def _take_over(
        self, known: tuple[Transcript, ...], speakers: Speakers | None, branches: dict[str, _Branch]
    ) -> None:
        self._known, self._speakers, self._branches = known, speakers, branches

    def _speaker_of(self, entries: Sequence[Entry]) -> bool:
        return self._speakers is not None and self._speakers.know(entries)

    @property
    def speakers(self) -> Speakers:
        """Names of all who ever spoke here."""
        if self._speakers is None:
            self._speakers = speakers_of(self.room)
        return self._speakers

    def transcript(self, leaf: str) -> Transcript:
        """The conversation on the way to a branch."""
        return self._branch(leaf).transcript

    def sums(self, leaf: str, key: SumsKey) -> Sums | None:
        """Sums over a beginning of that conversation, if there are any; see `keep_sums`."""
        return self._branch(leaf).sums.get(key)

    def keep_sums(self, leaf: str, key: SumsKey, sums: Sums) -> None:
        """Keep them for the next question."""
        self._branch(leaf).sums[key] = sums

    def reading(self, leaf: str, participant_id: ParticipantId) -> Reading:
        """That conversation as one participant reads it."""
        branch = self._branch(leaf)
        reading = branch.readings.get(participant_id) or Reading(participant_id)
        if len(reading.lines) < len(branch.transcript.lines):
            reading = reading.extended(branch.transcript.lines[len(reading.lines) :])
            branch.readings[participant_id] = reading
        return reading

    def _branch(self, leaf: str) -> _Branch:
        speakers = self.speakers
        branch = self._branches.get(leaf)
        if branch is not None and branch.pending:
            longer = extended(branch.transcript, branch.pending, self.room, leaf, speakers)
            branch = self._branches[leaf] = (
                replace(branch, transcript=longer, pending=()) if longer else self._new(leaf)
            )
        elif branch is None:
            branch = self._branches[leaf] = self._new(leaf)
        return branch

    def _new(self, leaf: str) -> _Branch:
        known: dict[EntryKey, Line] = {line.entry.key: line for told in self._known for line in told.lines}
        return _Branch(transcript(self.room, leaf, self.speakers, known))
