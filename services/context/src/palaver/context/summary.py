"""A summary of the oldest part of a conversation: what it covers, whether that still holds, and how a model reads it.

Values only. What a summary covers is told by the very entries, so that one version of a reply more or less, a deleted
message or another branch is noticed without anybody having to say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType

from palaver.context.attribution import SUMMARY_BEGINS, SUMMARY_ENDS, quoted
from palaver.context.domain import Place
from palaver.context.transcript import Line
from palaver.contracts.ids import CompletionId, SessionId, SummaryId, UserId

FINGERPRINT_BYTES = 16
SHARE = 8
"""A summary is meant to take this fraction of a window, and takes twice as much at most."""
MAX_TOKENS = 2_048
"""More than that is no summary, however large the window."""
LEAST_CLASS = 9
"""Windows below 512 tokens have no room for one."""


def window_class(maximum: int) -> int:
    """Windows between two powers of two share their summaries."""
    return maximum.bit_length() - 1


def meant_tokens(window: int) -> int:
    """How long a summary for windows of this class is meant to be."""
    return min(MAX_TOKENS, 2**window // SHARE)


def most_tokens(window: int) -> int:
    """How long it may be; both are counted as the session is."""
    return 2 * meant_tokens(window)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The first `entries` lines on the way to the branch `leaf`.

    `reach`: the last place covered of each branch that they belong to; `last`: the branch of the last of them.
    """

    leaf: str
    entries: int
    fingerprint: str
    last: str
    reach: Mapping[str, Place]

    @classmethod
    def of(cls, lines: Sequence[Line], leaf: str) -> "Coverage":
        """These lines, of which there is at least one."""
        reach = {line.entry.branch: line.entry.place for line in lines}
        return cls(leaf, len(lines), _fingerprint(lines), lines[-1].entry.branch, MappingProxyType(reach))

    @property
    def through(self) -> Place:
        """Where it ends."""
        return self.reach[self.last]

    def holds(self, lines: Sequence[Line]) -> bool:
        """Whether the conversation still begins with exactly these entries."""
        if len(lines) < self.entries:
            return False
        last = lines[self.entries - 1].entry
        return (last.branch, last.place) == (self.last, self.through) and self.fingerprint == _fingerprint(
            lines[: self.entries]
        )

    def contains(self, branch: str, place: Place) -> bool:
        """Whether what stands there is covered."""
        return branch in self.reach and place <= self.reach[branch]


def _fingerprint(lines: Sequence[Line]) -> str:
    keys = "\n".join([f"{line.entry.message_id} {line.entry.version}" for line in lines])
    return blake2b(keys.encode(), digest_size=FINGERPRINT_BYTES).hexdigest()


@dataclass(frozen=True, slots=True)
class Summary:
    """One version. `author` is the person who wrote it; without one `model_id` did.

    `tokens` are counted as the session is. `made_from`: the version that it goes on from, or in whose place it was put.
    """

    id: SummaryId
    session_id: SessionId
    version: int
    window: int
    coverage: Coverage
    text: str
    tokens: int
    model_id: str | None
    author: UserId | None
    made_from: SummaryId | None
    created_at: datetime

    @property
    def block(self) -> str:
        """As models read it, between two lines that nothing else in a request can look like."""
        begins = SUMMARY_BEGINS.format(entries=self.coverage.entries)
        return f"{begins}\n{quoted(self.text)}\n{SUMMARY_ENDS}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The first `target` lines on the way to `leaf` ought to be covered, for windows of this class."""

    session_id: SessionId
    window: int
    leaf: str
    target: int


@dataclass(frozen=True, slots=True)
class Job:
    """A summary being written by the side job `completion_id`. `target`: so many entries are to be covered in the end,
    if not by this one.
    """

    completion_id: CompletionId
    session_id: SessionId
    window: int
    coverage: Coverage
    target: int
    model_id: str
    made_from: SummaryId | None


def serving(summaries: Iterable[Summary], holds: Callable[[Summary], bool]) -> list[Summary]:
    """Those that may stand for a beginning of a conversation, of each length the newest, the shortest first.

    A person has the last word: what models wrote before it, without knowing of it, does not serve any more.
    """
    valid = sorted((summary for summary in summaries if holds(summary)), key=lambda summary: summary.version)
    last_word = max((summary.version for summary in valid if summary.author is not None), default=0)
    newest = {summary.coverage.entries: summary for summary in valid if summary.version >= last_word}
    return [newest[entries] for entries in sorted(newest)]
