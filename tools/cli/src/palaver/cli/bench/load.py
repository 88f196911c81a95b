"""How much is asked for, and when: an open loop at a fixed rate, with streams that start one after the other."""

import msgspec

SETTLING_SECONDS = 0.5
"""After the last stream has started, and before the first one may end, nothing is measured."""
IDEOGRAPHIC_SPACE = "\u3000"


class Load(msgspec.Struct, frozen=True):
    """`streams` answers of `tokens` tokens each, `rate` tokens a second each, started evenly over the ramp.

    `wide`: each token begins with a character of three bytes.
    """

    streams: int
    tokens: int
    rate: float
    ramp_seconds: float = 1.0
    wide: bool = False

    @property
    def seconds(self) -> float:
        """Length of one answer."""
        return self.tokens / self.rate

    @property
    def total_rate(self) -> float:
        """Tokens a second of all streams."""
        return self.streams * self.rate

    def starts_at(self, stream: int) -> float:
        """Seconds after the beginning."""
        return self.ramp_seconds * stream / self.streams

    @property
    def measured(self) -> tuple[float, float]:
        """From when until when every stream runs, in seconds after the beginning."""
        return self.ramp_seconds + SETTLING_SECONDS, max(
            self.ramp_seconds + 2 * SETTLING_SECONDS, self.seconds - SETTLING_SECONDS
        )

    @property
    def script_text(self) -> str:
        """What the simulated provider is told to say: eight characters are one of its tokens, and the token's number.

        Each is sent with the time behind it (`Script.stamped`).
        """
        space = IDEOGRAPHIC_SPACE if self.wide else " "
        return "".join(f"{space}{number:07}" for number in range(self.tokens))

    def __str__(self) -> str:
        return f"{self.streams} at {self.rate:g} tokens/s"
