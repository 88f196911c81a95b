"""Which part of a conversation fits into a window. Pure arithmetic over counts that were made once, when text came in.

The newest lines are kept, and a person's newest message always. What does not fit falls out at the old end in whole
blocks: until the next block has to go, the request keeps its beginning, and providers' prompt caches keep hitting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from palaver.context.families import Family

BLOCKS = 4
"""A block is this fraction of what the window can hold: after a cut the window is three quarters full or more."""


class Overflow(Exception):  # noqa: N818 - the field's word
    """Even the least possible request is too large. Tokens of the family."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(needed, available)
        self.needed = needed
        self.available = available


@dataclass(frozen=True, slots=True)
class Sums:
    """Prefix sums over the lines of a transcript as one participant reads it; index i stands before line i.

    `counted`: tokens of the encoding. `begun`: messages begun, where neighbouring lines of one role are one message.
    `seam`: tokens that join a line to its neighbour of the same role.
    """

    own: tuple[bool, ...]
    counted: tuple[int, ...]
    begun: tuple[int, ...]
    seam: int

    @classmethod
    def of(cls, own: Sequence[bool], counts: Sequence[int], seam: int) -> "Sums":
        """From the lines' own counts."""
        begins = [True, *(before != after for before, after in pairwise(own))] if own else []
        return cls(tuple(own), tuple(accumulate(counts, initial=0)), tuple(accumulate(begins, initial=0)), seam)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Tokens and messages of the lines from `start` up to `end`."""
        if start >= end:
            return 0, 0
        continues = start > 0 and self.begun[start + 1] == self.begun[start]
        messages = self.begun[end] - self.begun[start] + continues
        return self.counted[end] - self.counted[start] + self.seam * (end - start - messages), messages


@dataclass(frozen=True, slots=True)
class Frame:
    """What a request holds besides the lines, in counted tokens; 0 for a part that it does not have.

    `system`: the system prompt. `closing`: the turn that gives a participant the floor again after its own words.
    `opening`: the turn before a participant's own words where a request may not begin with them.
    """

    family: Family
    message_overhead: int
    system: int
    closing: int
    opening: int

    def tokens(self, counted: int, messages: int) -> int:
        """Tokens of the family for the whole request, given those of the lines in it."""
        framed = self.system + self.closing
        return self.family.tokens(framed + counted) + self.message_overhead * (messages + self._messages)

    @property
    def _messages(self) -> int:
        return (self.system > 0) + (self.closing > 0)

    def block(self, budget: int) -> int:
        """Counted tokens of a block; depends on nothing that changes from one request to the next."""
        room = budget - self.family.tokens(self.system) - self.message_overhead
        return max(1, int(room / self.family.factor) // BLOCKS)


@dataclass(frozen=True, slots=True)
class Fit:
    """The lines that are kept: `pinned`, if it is not among the others, and `start` up to `end`. `used` in tokens."""

    pinned: int | None
    start: int
    end: int
    used: int

    @property
    def kept(self) -> int:
        """How many lines."""
        return self.end - self.start + (self.pinned is not None)

    @property
    def indices(self) -> list[int]:
        """Which lines, in order."""
        return [*(() if self.pinned is None else (self.pinned,)), *range(self.start, self.end)]


@dataclass(frozen=True, slots=True)
class _Selection:
    """The costs of candidate selections out of the lines before `end`."""

    sums: Sums
    frame: Frame
    end: int

    def starting(self, start: int) -> int:
        """Tokens of a request with the lines from `start` on."""
        counted, messages = self.sums.span(start, self.end)
        return self._with_opening(start, counted, messages)

    def pinned(self, pin: int, start: int) -> int:
        """Tokens, at most, of a request with the line `pin` and the lines from `start` on."""
        counted, messages = self.sums.span(start, self.end)
        one, _ = self.sums.span(pin, pin + 1)
        return self._with_opening(pin, counted + one, messages + 1)

    def _with_opening(self, first: int, counted: int, messages: int) -> int:
        if self.frame.opening and first < self.end and self.sums.own[first]:
            return self.frame.tokens(counted + self.frame.opening, messages + 1)
        return self.frame.tokens(counted, messages)


def fit(sums: Sums, frame: Frame, *, end: int, keep: int | None, budget: int) -> Fit:
    """Choose from the lines before `end` what costs at most `budget` tokens. `keep`: the line that must be in it.

    Raises Overflow where that line (without one, the newest) is too large.
    """
    costs = _Selection(sums, frame, end)
    least = max(end - 1, 0) if keep is None else keep
    for start in (0, *_boundaries(sums, least, frame.block(budget)), *range(1, least + 1)):
        if (used := costs.starting(start)) <= budget:
            return Fit(None, start, end, used)
    if keep is None:
        raise Overflow(costs.starting(least), budget)
    for start in range(keep + 1, end + 1):
        if (used := costs.pinned(keep, start)) <= budget:
            return Fit(keep, start, end, used)
    raise Overflow(costs.pinned(keep, end), budget)


def _boundaries(sums: Sums, last: int, block: int) -> list[int]:
    """The first line of each block but the first one, up to `last`."""
    blocks = [counted // block for counted in sums.counted[: last + 1]]
    return [i + 1 for i, (before, after) in enumerate(pairwise(blocks)) if before != after]
