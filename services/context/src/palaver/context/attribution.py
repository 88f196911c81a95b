"""Who said what, in words that a model can read and nobody can forge.

What others wrote reaches a model as user text under a header line `<<< Ada (model) >>>`. A header stands at the start
of a line; a line of anybody's text that could be taken for one gets a backslash in front. The rule is reversible
(`unquoted`), so a reader of the request can always tell who wrote which characters.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from palaver.context.domain import Entry, Mark, Room
from palaver.contracts.ids import ParticipantId, UserId

PERSON, MODEL = "person", "model"
MARKS: dict[Mark, str] = {"stopped": "stopped before the end", "interrupted": "cut off"}
OWN_MARK = "\n\n[This answer of yours was {mark}.]"
SUMMARY_BEGINS = "<<< Summary of the {entries} earliest messages, no longer shown >>>"
SUMMARY_ENDS = "<<< End of the summary >>>"
"""Lines around a summary. A header names a speaker and what it is in brackets, so neither can be mistaken for one."""
NOTE = "<<< Note: you are now answered by {model}. Earlier answers under your name were written by {earlier}. >>>"
"""Tells a model which of its own words another one wrote. As unforgeable as the lines around a summary."""

_LOOKALIKES = str.maketrans(
    {
        "\u2039": "<",  # single left-pointing angle quotation mark
        "\u00ab": "<<",  # left-pointing double angle quotation mark
        "\u3008": "<",  # left angle bracket
        "\u300a": "<<",  # left double angle bracket
        "\u27e8": "<",  # mathematical left angle bracket
        "\u27ea": "<<",  # mathematical left double angle bracket
        "\u226a": "<<",  # much less-than
        "\u22d8": "<<<",  # very much less-than
    }
)
_CANDIDATE = re.compile("[<\u00ab\u2039\u226a\u226e\u22d8\u2329\u27e8\u27ea\u3008\u300a\ufe3d\ufe3f\ufe64\uff1c]")
"""Every character whose skeleton contains `<` (a test enumerates them): most texts have none and are left alone."""
_HEADER_LIKE = re.compile(r"[\\\s]*<<<")
_OURS_LIKE = re.compile(r"[\\\s]*<<<\s*(note|(end of the )?summary)", re.IGNORECASE)
_BAD_IN_NAMES = re.compile(r"[<>\\\s]+")
_UNSEEN = frozenset({"Cf", "Cc"})
_INVISIBLE = _UNSEEN | {"Mn", "Me"}


def _skeleton(line: str) -> str:
    """What the line looks like: compatibility forms and look-alikes folded, what cannot be seen dropped."""
    shown = unicodedata.normalize("NFKD", line).translate(_LOOKALIKES)
    return "".join(c for c in shown if c.isspace() or unicodedata.category(c) not in _INVISIBLE)


def _header_like(line: str) -> bool:
    return _CANDIDATE.search(line) is not None and _HEADER_LIKE.match(_skeleton(line)) is not None


def quoted(text: str) -> str:
    """The text with a backslash before each line that could be taken for a header."""
    if _CANDIDATE.search(text) is None:
        return text
    return "".join("\\" + line if _header_like(line) else line for line in text.splitlines(keepends=True))


def guarded(text: str) -> str:
    """As `quoted`, for rooms without headers: only lines that could be taken for a note or those around a summary."""
    if _CANDIDATE.search(text) is None:
        return text
    return "".join(
        "\\" + line if _OURS_LIKE.match(_skeleton(line)) else line for line in text.splitlines(keepends=True)
    )


def unquoted(text: str) -> str:
    """What was given to `quoted`."""
    if _CANDIDATE.search(text) is None:
        return text
    return "".join(line[1:] if _header_like(line) else line for line in text.splitlines(keepends=True))


def clean_name(name: str) -> str:
    """A name that fits on a header line: one line, without the signs that headers are made of."""
    seen = "".join(
        c for c in unicodedata.normalize("NFKC", name) if c.isspace() or unicodedata.category(c) not in _UNSEEN
    )
    return _BAD_IN_NAMES.sub(" ", seen).strip() or "nameless"


@dataclass(frozen=True, slots=True)
class Speakers:
    """The name under which each speaker of a room appears. Names of one kind are unique."""

    models: dict[ParticipantId, str]
    people: dict[UserId, str]

    @property
    def alone(self) -> bool:
        """One model and one person: nobody has to be told apart, so there are no headers."""
        return len(self.models) <= 1 and len(self.people) <= 1

    def header(self, entry: Entry) -> str:
        """The header line of an entry, with its line break. Empty where nobody has to be told apart."""
        return "" if self.alone else self.label(entry)

    def label(self, entry: Entry) -> str:
        """The header line of an entry where everybody has to be told apart."""
        mark = f", {MARKS[entry.mark]}" if entry.mark in MARKS else ""
        if entry.participant_id is not None:
            return f"<<< {self.models.get(entry.participant_id, 'former member')} ({MODEL}){mark} >>>\n"
        name = "User" if entry.author is None else self.people.get(entry.author, "User")
        return f"<<< {name} ({PERSON}){mark} >>>\n"

    def know(self, entries: Iterable[Entry]) -> bool:
        """Whether all who wrote these entries have their names here."""
        return all(
            entry.author in self.people if entry.participant_id is None else entry.participant_id in self.models
            for entry in entries
        )

    def echoes(self, participant_id: ParticipantId) -> tuple[str, ...]:
        """The ways in which a model may begin an answer with its own name; longest first."""
        if self.alone or (name := self.models.get(participant_id)) is None:
            return ()
        forms = (
            f"<<< {name} ({MODEL}) >>>",
            f"**{name}:**",
            f"**{name}**:",
            f"[{name}]:",
            f"{name} ({MODEL}):",
            f"{name}:",
        )
        return tuple(sorted(forms, key=len, reverse=True))


def _unique(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Id → name; who comes later and has a name already taken gets a number."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in names:
        label, number = name, 1
        while (look := _skeleton(label).casefold()) in taken:
            number += 1
            label = f"{name} {number}"
        taken.add(look)
        given[key] = label
    return given


def speakers_of(room: Room) -> Speakers:
    """Names for all who ever sat or wrote in the room. A person is called `User`, the next one `User 2`."""
    models = _unique((seat.participant_id, clean_name(seat.name)) for seat in room.in_order)
    by_arrival = sorted(room.entries.values(), key=lambda entry: entry.place.seq)
    authors = dict.fromkeys(entry.author for entry in by_arrival if entry.author is not None)
    people = _unique((author, "User") for author in authors)
    return Speakers(
        models={ParticipantId(key): name for key, name in models.items()},
        people={UserId(key): name for key, name in people.items()},
    )
