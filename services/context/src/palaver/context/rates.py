"""From what was counted to a model's own tokens: a linear model with three rates. Values only."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple


class Count(NamedTuple):
    """Tokens of one text in some encoding. `wide` are those of Chinese, Japanese and Korean characters.

    They are apart because tokenizers differ most in them: one token a character in one model, a third in another.
    """

    plain: int
    wide: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.plain + self.wide


NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a whole request."""

    plain: int = 0
    wide: int = 0
    messages: int = 0

    def plus(self, message: Count) -> "Tally":
        """With one more message, unless it is empty."""
        if message == NOTHING:
            return self
        return Tally(self.plain + message.plain, self.wide + message.wide, self.messages + 1)

    def joined(self, other: "Tally") -> "Tally":
        """Both."""
        return Tally(self.plain + other.plain, self.wide + other.wide, self.messages + other.messages)


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens of a model for each counted token, plain or wide, and for each message; all are ≥ 0.

    `margin` is the share of a window that stays free because these may be wrong.
    """

    plain: float
    wide: float
    message: float
    margin: float

    def tokens(self, tally: Tally) -> int:
        """Tokens of the model, rounded up."""
        exact = self.plain * tally.plain + self.wide * tally.wide + self.message * tally.messages
        return ceil(exact - 1e-6)  # what only the binary fractions of the rates add is no token

    def budget(self, maximum: int) -> int:
        """What a request may take by these rates."""
        return int(maximum * (1 - self.margin))
