"""A window with a summary in the place of what fell out, and when the next one is due. Pure arithmetic.

A summary is due a block before the window is full. It stands in the window only once something has to go, and of
several the one that covers least, so that as much as possible is shown word for word. So the beginning of requests
changes once for each block, nothing is left out without being covered, and no turn waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from palaver.context.fit import Fit, Frame, Overflow, Sums, fit
from palaver.context.rates import Count
from palaver.context.summary import LEAST_CLASS, Summary, meant_tokens

DUE, LONGEST = 1, 2
"""Blocks. A summary is due for what has to go after one more. One that covers what has to go after two still serves:
what is known of a model changes, and with it where a block has to go."""
CHARACTERS_PER_TOKEN = 4
"""Of ordinary prose."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """What `fit.fit` chooses from."""

    sums: Sums
    frame: Frame
    end: int = field(kw_only=True)
    keep: Sequence[int] = field(kw_only=True)
    budget: int = field(kw_only=True)
    pins: Sequence[int] = field(default=(), kw_only=True)

    def fit(self) -> Fit:
        """Without any summary. Raises Overflow."""
        return self._fit(self.frame)

    def ahead(self, window: int, plain: Fit, blocks: int) -> int | None:
        """How many lines have to go once so many further blocks have been said, for the lines after them and a summary
        to fit; None where there is no room for one.

        `plain` is what `fit` gave: no window with a summary begins before that.
        The newest message of a person and what follows it are never among them.
        """
        if window < LEAST_CLASS:
            return None
        tokens = meant_tokens(window) + blocks * self.frame.block
        meant = replace(self.frame, summary=Count(tokens, 0, CHARACTERS_PER_TOKEN * tokens))
        try:
            start = self._fit(meant, plain.start).start
        except Overflow:
            return None
        return min((start, *self.keep[-1:]))

    def worth_while(self, covered: int, ahead: int, window: int) -> bool:
        """Whether what is not covered yet is longer than a summary is meant to be."""
        return self.sums.counted[ahead] - self.sums.counted[min(covered, ahead)] > meant_tokens(window)

    def behind(self, summary: Summary, count: Count, plain: Fit) -> Fit | None:
        """With that summary, and of the lines that it covers only those that must be there; None if it is too long."""
        frame = replace(self.frame, summary=count)
        try:
            return self._fit(frame, max(plain.start, summary.coverage.entries))
        except Overflow:
            return None

    def _fit(self, frame: Frame, first: int = 0) -> Fit:
        return fit(self.sums, frame, end=self.end, keep=self.keep, budget=self.budget, first=first, pins=self.pins)
