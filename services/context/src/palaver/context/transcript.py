"""The conversation as one branch shows it: which entries, in which order, and how others read each of them."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from pydantic import TypeAdapter

from palaver.context.attribution import Speakers, guarded, quoted
from palaver.context.characters import Characters, characters_of
from palaver.context.domain import Entry, EntryKey, Room, Slot
from palaver.contracts.context import Cut
from palaver.contracts.ids import MessageId, ParticipantId

Wrote: TypeAlias = Mapping[ParticipantId, Mapping[str, int]]
_TEXT = TypeAdapter(str)


def as_json(text: str) -> bytes:
    """The text as it stands between the quotes of a JSON string."""
    return _TEXT.dump_json(text)[1:-1]


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its header line and the text below it as everyone but its speaker reads them.

    `json`, `characters`: of that text.
    Without headers (`Speakers.alone`) only a summary could be forged; otherwise the text is as it was written.
    """

    entry: Entry
    header: str
    quoted: str
    json: bytes
    characters: Characters


@dataclass(frozen=True, slots=True)
class Transcript:
    """Lines in the order of the conversation. `wrote`: whose words which model wrote, with the first such line."""

    lines: tuple[Line, ...]
    places: tuple[tuple[int, ...], ...]
    wrote: Wrote

    def end(self, cut: Cut) -> int:
        """How many lines stand strictly before the cut."""
        return bisect_left(self.places, (cut.round, cut.step))

    def others(self, participant_id: ParticipantId, model: str, end: int) -> list[str]:
        """Which models but this one wrote the participant's words among the first `end` lines, in order."""
        wrote = self.wrote.get(participant_id, {})
        return [other for other, first in wrote.items() if first < end and other != model]

    def pinned(self, pins: Mapping[MessageId, int], end: int) -> list[int]:
        """Which of the first `end` lines are pinned, the last pinned first."""
        found = [line for line in range(end if pins else 0) if self.lines[line].entry.message_id in pins]
        return sorted(found, key=lambda line: pins[self.lines[line].entry.message_id], reverse=True)


def _branches(room: Room, leaf: str) -> dict[str, int | None]:
    """Branch on the way to `leaf` → the round from which the next one replaces it (None: never)."""
    limits: dict[str, int | None] = {leaf: None}
    branch, limit = leaf, None
    while (fork := room.forks.get(branch)) is not None:
        branch = fork.parent
        limits[branch] = limit = fork.first_round if limit is None else min(limit, fork.first_round)
    return limits


def visible(room: Room, leaf: str) -> list[Entry]:
    """What models may see on the way to `leaf`: of each reply the version last made or chosen of those that have a text
    and did not fail.
    """
    limits = _branches(room, leaf)
    messages: list[Entry] = []
    replies: dict[Slot, Entry] = {}
    for entry in room.entries.values():
        limit = limits.get(entry.branch, entry.place.round)
        if not entry.shown or (limit is not None and entry.place.round >= limit):
            continue
        slot = entry.slot
        if slot is None:
            messages.append(entry)
        elif slot not in replies or replies[slot].changed < entry.changed:
            replies[slot] = entry
    return sorted((*messages, *replies.values()), key=lambda entry: entry.place)


def transcript(room: Room, leaf: str, speakers: Speakers, known: Mapping[EntryKey, Line]) -> Transcript:
    """The lines on the way to `leaf`. Those already `known` are taken over where nothing changed."""
    entries = visible(room, leaf)
    lines = tuple(_line(entry, speakers, known.get(entry.key)) for entry in entries)
    return Transcript(lines, tuple(entry.place for entry in entries), _wrote(lines))


def _wrote(lines: Sequence[Line], known: int = 0, so_far: Wrote = MappingProxyType({})) -> Wrote:
    """Extends what is known of the first lines."""
    wrote = {participant: dict(models) for participant, models in so_far.items()}
    for index in range(known, len(lines)):
        entry = lines[index].entry
        if entry.participant_id is not None and entry.model is not None:
            wrote.setdefault(entry.participant_id, {}).setdefault(entry.model, index)
    return wrote


def extended(
    told: Transcript, entries: Sequence[Entry], room: Room, leaf: str, speakers: Speakers
) -> Transcript | None:
    """The transcript with entries that came into the room since; None where it has to be made anew.

    That is where one does not simply follow at the end: another version, an older place, the first one of a branch.
    """
    way = _branches(room, leaf)
    lines, places = [*told.lines], [*told.places]
    for entry in entries:
        if entry.branch != leaf:
            if entry.branch in way:
                return None
            continue
        follows = bool(lines) and lines[-1].entry.branch == leaf and places[-1] < entry.place
        if entry.version > 1 or not follows:
            return None
        if entry.shown:
            lines.append(_line(entry, speakers, None))
            places.append(entry.place)
    return Transcript(tuple(lines), tuple(places), _wrote(lines, len(told.lines), told.wrote))


def _line(entry: Entry, speakers: Speakers, known: Line | None) -> Line:
    header = speakers.header(entry)
    if known is not None and known.entry is entry and known.header == header:
        return known
    text = quoted(entry.text) if header else guarded(entry.text)
    return Line(entry, header, text, as_json(text), characters_of(text))


def newest_message(lines: Sequence[Line], end: int) -> int | None:
    """Index of the newest line before `end` that a person wrote."""
    return next((i for i in range(end - 1, -1, -1) if lines[i].entry.author is not None), None)
