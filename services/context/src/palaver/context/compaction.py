"""A window with a summary in the place of what fell out, and when the next one is due. Pure arithmetic.

Room for a summary of the usual length is set aside as soon as anything falls out. What falls out then is what a
summary ought to cover (`ahead`), and while the one there is covers less, the window goes on as long as it can without
cutting: so a block is mostly summarised before it has to go, and the beginning of requests changes once, not twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from palaver.context.fit import Fit, Frame, Overflow, Sums, fit
from palaver.context.rates import Count
from palaver.context.summary import LEAST_CLASS, Summary, meant_tokens

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

    def ahead(self, window: int, plain: Fit) -> int | None:
        """How many lines a summary for windows of this class should cover now; None where there is no room for one.

        `plain` is what `fit` gave: no window with a summary begins before that.
        The newest message of a person and what follows it are never among them.
        """
        if window < LEAST_CLASS:
            return None
        tokens = meant_tokens(window)
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
