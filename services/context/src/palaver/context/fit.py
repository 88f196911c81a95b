"""Which part of a conversation fits into a window. Pure arithmetic over counts that were made once, when text came in.

The newest lines are kept, and always those that must be: a person's newest message, and what is pinned, as far as there
is room for pins (`affordable`). What does not fit falls out at the old end in whole blocks: until the next block has to
go, the request keeps its beginning, and providers' prompt caches keep hitting.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

from palaver.context.rates import NOTHING, Count, Rates, Tally

PINNED_SHARE = 0.5
"""Pins may take this much of what a request has for lines, and at most what a person's newest message leaves: a
conversation goes on beside them. It is a share of what does not change from one message to the next, or pins would come
and go, and with them the beginning of requests."""
BLOCKS = 4
"""A block is this fraction of what the window can hold: after a cut the window is three quarters full or more."""


class Overflow(Exception):  # noqa: N818 - the field's word
    """Even the least possible request is too large. Tokens of the model."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(needed, available)
        self.needed = needed
        self.available = available


@dataclass(frozen=True, slots=True)
class Sums:
    """Prefix sums over the lines of a transcript as one participant reads it; index i stands before line i.

    `plain`, `wide`: counted tokens; `counted`: both; and the characters of both. `begun`: messages begun, where
    neighbouring lines of one role are one message. `seam`: what joins a line to its neighbour of the same role.
    """

    own: tuple[bool, ...]
    plain: tuple[int, ...]
    wide: tuple[int, ...]
    counted: tuple[int, ...]
    plain_characters: tuple[int, ...]
    wide_characters: tuple[int, ...]
    begun: tuple[int, ...]
    seam: Count

    @classmethod
    def of(cls, own: Sequence[bool], counts: Sequence[Count], seam: Count) -> "Sums":
        """From the lines' own counts."""
        return cls((), (0,), (0,), (0,), (0,), (0,), (0,), seam).extended(own, counts)

    def extended(self, own: Sequence[bool], counts: Sequence[Count]) -> "Sums":
        """With more lines at the end."""
        begins = [before != after for before, after in pairwise((*self.own[-1:], *own))]
        if own and not self.own:
            begins = [True, *begins]
        return Sums(
            (*self.own, *own),
            _summed(self.plain, [count.plain for count in counts]),
            _summed(self.wide, [count.wide for count in counts]),
            _summed(self.counted, [count.total for count in counts]),
            _summed(self.plain_characters, [count.plain_characters for count in counts]),
            _summed(self.wide_characters, [count.wide_characters for count in counts]),
            _summed(self.begun, begins),
            self.seam,
        )

    def span(self, start: int, end: int, *, after: int | None = None) -> Tally:
        """The lines from `start` up to `end`, where the line `after` (None: no line) stands before them."""
        if start >= end:
            return Tally()
        continues = start > 0 and self.begun[start + 1] == self.begun[start]
        joins = after is not None and self.own[after] == self.own[start]
        messages = self.begun[end] - self.begun[start] + continues - joins
        return self.text(start, end).holding(self.seam.times(end - start - messages), messages=messages)

    def text(self, start: int, end: int) -> Tally:
        """The lines by themselves, as if they were no messages."""
        return Tally(
            self.plain[end] - self.plain[start],
            self.wide[end] - self.wide[start],
            0,
            self.plain_characters[end] - self.plain_characters[start],
            self.wide_characters[end] - self.wide_characters[start],
        )


def _summed(before: tuple[int, ...], values: Sequence[int]) -> tuple[int, ...]:
    return (*before, *accumulate(values[1:], initial=before[-1] + values[0])) if values else before


@dataclass(frozen=True, slots=True)
class Frame:
    """What a request holds besides the lines, as counted; nothing for a part that it does not have.

    `system`: the system prompt. `closing`: the turn that gives a participant the floor again after its own words.
    `opening`: the turn before a participant's own words where a request may not begin with them. `note`, `summary`: a
    user's words before all lines, about who wrote some of them, and about those that are left out. `block`: counted
    tokens of a block; it depends on nothing that changes from one request to the next, or blocks would begin elsewhere.
    """

    rates: Rates
    system: Count = NOTHING
    closing: Count = NOTHING
    opening: Count = NOTHING
    note: Count = NOTHING
    summary: Count = NOTHING
    block: int = 1

    def ahead(self, seam: Count) -> Count:
        """What stands before all lines, as one text."""
        note, summary = self.note, self.summary
        if NOTHING in (note, summary):
            return note if summary == NOTHING else summary
        return note.joined(seam).joined(summary)

    def around(self, lines: Tally, *, opened: bool) -> Tally:
        """The whole request, given the lines in it and what stands before them."""
        for part in (self.system, self.closing, *((self.opening,) if opened else ())):
            lines = lines.plus(part)
        return lines


def block_of(rates: Rates, system: Count, budget: int) -> int:
    """Counted tokens of a block, by rates that do not change."""
    room = budget - rates.tokens(Tally().plus(system))
    return max(1, int(room / max(rates.plain, rates.wide)) // BLOCKS)


@dataclass(frozen=True, slots=True)
class Fit:
    """The lines that are kept: the `pins`, and `start` up to `end`. `used`: the model's tokens; `tally`: as counted."""

    pins: tuple[int, ...]
    start: int
    end: int
    used: int
    tally: Tally

    @property
    def kept(self) -> int:
        """How many lines."""
        return self.end - self.start + len(self.pins)

    @property
    def indices(self) -> list[int]:
        """Which lines, in order."""
        return [*self.pins, *range(self.start, self.end)]


@dataclass(frozen=True, slots=True)
class Selection:
    """Candidate selections out of the lines before `end`, of which `keep` must be there."""

    sums: Sums
    frame: Frame
    end: int
    keep: tuple[int, ...]

    def starting(self, start: int) -> Fit:
        """The lines from `start` on, and those before it that must be there."""
        pins = tuple(line for line in self.keep if line < start)
        tally, last = Tally(), None
        for line in pins:
            tally, last = tally.joined(self.sums.span(line, line + 1, after=last)), line
        tally = tally.joined(self.sums.span(start, self.end, after=last))
        first = next(iter((*pins, *range(start, self.end)[:1])), None)
        ahead, own = self.frame.ahead(self.sums.seam), first is not None and self.sums.own[first]
        if ahead != NOTHING and first is not None and not own:  # they are one message
            tally = tally.holding(ahead.joined(self.sums.seam))
        else:
            tally = tally.plus(ahead)
        opened = self.frame.opening != NOTHING and ahead == NOTHING and own
        whole = self.frame.around(tally, opened=opened)
        return Fit(pins, start, self.end, self.frame.rates.tokens(whole), whole)

    def possible(self, first: int, budget: int) -> int:
        """The first line, from `first` on, whose text and all that follows is not too large by itself.

        Whatever starts before it is too large. Beyond the end where nothing fits.
        """

        def fits(start: int) -> bool:
            return self.frame.rates.tokens(self.sums.text(start, self.end)) <= budget

        return first + bisect_left(range(first, self.end + 1), True, key=fits)  # noqa: FBT003 - the first that fits


def affordable(
    sums: Sums, frame: Frame, *, end: int, keep: Sequence[int], budget: int, pins: Sequence[int]
) -> tuple[int, ...]:
    """Those of the pinned lines `pins` for which there is room beside `keep` (see `fit`), in order.

    Each in its turn is taken if it fits into what is left of the pins' share; the first ones have the best chance.
    """
    start = end if keep else max(end - 1, 0)

    def used(lines: Sequence[int]) -> int:
        return Selection(sums, frame, end, tuple(sorted({*keep, *lines}))).starting(start).used

    least = used(())
    bare = frame.rates.tokens(frame.around(Tally().plus(frame.ahead(sums.seam)), opened=False))
    most = min(least + int((budget - bare) * PINNED_SHARE), budget)
    if not pins or least > budget:
        return ()
    if used(pins) <= most:
        return tuple(sorted(pins))
    taken: list[int] = []
    for pin in pins:
        if used([*taken, pin]) <= most:
            taken.append(pin)
    return tuple(sorted(taken))


def fit(
    sums: Sums,
    frame: Frame,
    *,
    end: int,
    keep: Sequence[int],
    budget: int,
    first: int = 0,
    pins: Sequence[int] = (),
) -> Fit:
    """Choose from the lines before `end` what costs at most `budget` tokens.

    `keep`: in order, the lines that must be in it; the last one is the newest message of a person, with which the
    newest round begins. That round stays whole if it fits at all. `pins` must be in it, too. Of the lines before
    `first` only those of `keep` and `pins` are in it. Raises Overflow where what must stay (without `keep`, the newest
    line) is too large.
    """
    candidates = Selection(sums, frame, end, tuple(sorted({*keep, *pins})))
    newest = keep[-1] if keep else max(end - 1, 0)
    least = candidates.possible(first, budget)
    starts = (
        range(first, first + 1) if least == first else (),
        _boundaries(sums, least, newest, frame.block),
        range(max(least, 1), newest + 1),
        range(max(least, newest + 1), end + 1) if keep else (),
    )
    for start in chain(*starts):
        if (candidate := candidates.starting(start)).used <= budget:
            return candidate
    raise Overflow(candidates.starting(end if keep else newest).used, budget)


def _boundaries(sums: Sums, least: int, last: int, block: int) -> Iterator[int]:
    """The first line of each block but the first one, from `least` to `last`."""
    line = least - 1
    while (line := bisect_left(sums.counted, _next_block(sums, line, block), lo=line + 1)) <= last:
        yield line


def _next_block(sums: Sums, line: int, block: int) -> int:
    """Where the next block begins, in counted tokens, if nothing before `line` does."""
    return (sums.counted[max(line, 0)] // block + 1) * block
