"""How much is asked for, and when: an open loop at a fixed rate, with streams that start one after the other."""

import msgspec

SETTLING_SECONDS = 0.5
"""After the last stream has started, and before the first one may end, nothing is measured."""


class Load(msgspec.Struct, frozen=True):
    """`streams` answers of `tokens` tokens each, `rate` tokens a second each, started evenly over the ramp."""

    streams: int
    tokens: int
    rate: float
    ramp_seconds: float = 1.0

    @property
    def seconds(self) -> float:
        """Length of one answer."""
        return self.tokens / self.rate

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
        return "".join(f" {number:07}" for number in range(self.tokens))
