"""From what was counted to a model's own tokens: a linear model with five rates. Values only."""

from dataclasses import dataclass
from math import ceil
from operator import add
from typing import NamedTuple


class Tokens(NamedTuple):
    """Tokens of one text in some encoding. `wide` are those of Chinese, Japanese and Korean characters.

    They are apart because tokenizers differ most in them: one token a character in one model, a third in another.
    """

    plain: int
    wide: int


class Count(NamedTuple):
    """All that is counted of one text: its `Tokens`, and its characters, by which some models count."""

    plain: int
    wide: int
    plain_characters: int = 0
    wide_characters: int = 0

    @property
    def tokens(self) -> Tokens:
        """What needs a tokenizer to be counted."""
        return Tokens(self.plain, self.wide)

    @property
    def total(self) -> int:
        """All tokens."""
        return self.plain + self.wide

    def times(self, often: int) -> "Count":
        """The same text so many times."""
        return Count(*(often * value for value in self))

    def joined(self, other: "Count") -> "Count":
        """Both."""
        return Count(*map(add, self, other))


NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a whole request."""

    plain: int = 0
    wide: int = 0
    messages: int = 0
    plain_characters: int = 0
    wide_characters: int = 0

    def plus(self, message: Count) -> "Tally":
        """With one more message, unless it is empty."""
        return self if message == NOTHING else self.holding(message, messages=1)

    def holding(self, text: Count, *, messages: int = 0) -> "Tally":
        """With more text, and so many messages that begin with it."""
        return Tally(
            self.plain + text.plain,
            self.wide + text.wide,
            self.messages + messages,
            self.plain_characters + text.plain_characters,
            self.wide_characters + text.wide_characters,
        )

    def joined(self, other: "Tally") -> "Tally":
        """Both."""
        text = Count(other.plain, other.wide, other.plain_characters, other.wide_characters)
        return self.holding(text, messages=other.messages)


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens of a model for each counted token and each character, plain or wide, and for each message; all are ≥ 0.

    `margin` is the share of a window that stays free because these may be wrong.
    """

    plain: float
    wide: float
    message: float
    margin: float
    plain_character: float = 0.0
    wide_character: float = 0.0

    def tokens(self, tally: Tally) -> int:
        """Tokens of the model, rounded up."""
        exact = self.plain * tally.plain + self.wide * tally.wide + self.message * tally.messages
        exact += self.plain_character * tally.plain_characters + self.wide_character * tally.wide_characters
        return ceil(exact - 1e-6)  # what only the binary fractions of the rates add is no token

    def budget(self, maximum: int) -> int:
        """What a request may take by these rates."""
        return int(maximum * (1 - self.margin))
