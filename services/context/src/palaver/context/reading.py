"""A branch of the conversation as one participant reads it, ready to be sent: the JSON of its messages, piece by piece.

Text is escaped once, when its line is made, and what stands between two lines depends on nothing but these two. So a
window is a slice of pieces to be joined, whatever its size, and a conversation that grows adds pieces at the end. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal, TypeAlias

from palaver.context.attribution import MARKS, OWN_MARK
from palaver.context.domain import Entry
from palaver.context.transcript import Line, as_json
from palaver.contracts.ids import ParticipantId

Role: TypeAlias = Literal["system", "user", "assistant"]

SEAM = "\n\n"
"""Between neighbouring texts of one role, which become one message."""
PIECES = 2
"""For each line: what stands before its text, and the text."""
MAX_REMEMBERED = 4_096
"""Headers, each between different neighbours."""

_OPENED: dict[Role, bytes] = {
    "system": b'{"role":"system","text":"',
    "user": b'{"role":"user","text":"',
    "assistant": b'{"role":"assistant","text":"',
}
_CLOSED = b'"}'


@lru_cache(maxsize=MAX_REMEMBERED)
def _before(role: Role, after: Role | None, header: str) -> bytes:
    """What stands before a text of this role, where one of the role `after` (None: nothing) stands before it."""
    if role == after:
        return as_json(SEAM + header)
    opened = _OPENED[role] + as_json(header)
    return opened if after is None else _CLOSED + b"," + opened


def own_text(entry: Entry) -> str:
    """A participant's own words as it reads them again."""
    return entry.text + OWN_MARK.format(mark=MARKS[entry.mark]) if entry.mark in MARKS else entry.text


def _own_json(line: Line) -> bytes:
    as_others_read_it = line.entry.mark not in MARKS and line.quoted == line.entry.text
    return line.json if as_others_read_it else as_json(own_text(line.entry))


@dataclass(frozen=True, slots=True)
class Reading:
    """`pieces`: two for each of the `lines`. `begun`: messages begun before each line, and in the end."""

    participant_id: ParticipantId
    lines: tuple[Line, ...] = ()
    pieces: tuple[bytes, ...] = ()
    begun: tuple[int, ...] = (0,)

    def own(self, line: int) -> bool:
        """Whether it is the participant's."""
        return self.lines[line].entry.participant_id == self.participant_id

    def extended(self, lines: Sequence[Line]) -> "Reading":
        """With more lines at the end."""
        after: Role | None = self._role(self.lines[-1]) if self.lines else None
        pieces, begins = list[bytes](), list[bool]()
        for line in lines:
            role = self._role(line)
            pieces += _before(role, after, "" if role == "assistant" else line.header), self._text(line)
            begins.append(role != after)
            after = role
        begun = tuple(accumulate(begins, initial=self.begun[-1]))
        return Reading(self.participant_id, (*self.lines, *lines), (*self.pieces, *pieces), (*self.begun[:-1], *begun))

    def _role(self, line: Line) -> Role:
        return "assistant" if line.entry.participant_id == self.participant_id else "user"

    def _text(self, line: Line) -> bytes:
        return _own_json(line) if self._role(line) == "assistant" else line.json


class Messages:
    """Messages as they are written, one after the other; neighbours of one role become one."""

    def __init__(self) -> None:
        self.count = 0
        self._pieces: list[bytes] = []
        self._role: Role | None = None

    @property
    def ends_with_user(self) -> bool:
        """Whether the last of them is a user's."""
        return self._role == "user"

    def say(self, role: Role, text: str) -> None:
        """Add a text; an empty one, too."""
        self._begin(role, "", as_json(text))

    def read(self, reading: Reading, start: int, end: int) -> None:
        """Add the lines from `start` up to `end`."""
        if start >= end:
            return
        role: Role = "assistant" if reading.own(start) else "user"
        first = reading.lines[start]
        self._begin(role, "" if role == "assistant" else first.header, reading.pieces[PIECES * start + 1])
        self._pieces += reading.pieces[PIECES * (start + 1) : PIECES * end]
        self.count += reading.begun[end] - reading.begun[start + 1]
        self._role = "assistant" if reading.own(end - 1) else "user"

    def json(self) -> list[bytes]:
        """All of them: the pieces of a JSON array of `WindowMessage`s."""
        return [b"[", *self._pieces, _CLOSED if self._pieces else b"", b"]"]

    def _begin(self, role: Role, header: str, text: bytes) -> None:
        self._pieces += _before(role, self._role, header), text
        self.count += role != self._role
        self._role = role
