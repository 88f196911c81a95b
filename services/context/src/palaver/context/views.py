"""A room with all that is derived from it for reading: speakers' names, branches in order, sums.

Made lazily, kept until the room changes.
"""

from collections.abc import Mapping
from functools import cached_property

from palaver.context.attribution import Speakers, speakers_of
from palaver.context.domain import EntryKey, Room
from palaver.context.fit import Sums
from palaver.context.rates import Count
from palaver.context.transcript import Line, Transcript, transcript
from palaver.contracts.ids import ParticipantId

SumsKey = tuple[str, ParticipantId, str]
"""Branch, participant, encoding."""


class RoomView:
    """One state of one room. `earlier` is the view of an earlier state: what did not change is taken over from it."""

    def __init__(self, room: Room, earlier: "RoomView | None" = None) -> None:
        self.room = room
        self.sums: dict[SumsKey, Sums] = {}
        self.late_counts: dict[str, dict[EntryKey, Count]] = earlier.late_counts if earlier else {}
        """By encoding: counts made here because an encoding came into use after the text did."""
        self._transcripts: dict[str, Transcript] = {}
        self._known: Mapping[EntryKey, Line] = earlier.lines if earlier else {}

    @cached_property
    def speakers(self) -> Speakers:
        """Names of all who ever spoke here."""
        return speakers_of(self.room)

    @property
    def lines(self) -> dict[EntryKey, Line]:
        """All lines made so far."""
        made = {line.entry.key: line for known in self._transcripts.values() for line in known.lines}
        return made or dict(self._known)

    def transcript(self, leaf: str) -> Transcript:
        """The conversation on the way to a branch."""
        if leaf not in self._transcripts:
            self._transcripts[leaf] = transcript(self.room, leaf, self.speakers, self._known)
        return self._transcripts[leaf]
