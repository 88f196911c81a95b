"""Every token accounted for: its number and the time when the provider sent it are in its text."""

import math
import time
from array import array
from collections.abc import Iterable, Sequence

import msgspec


def now_us() -> int:
    """Microseconds of the monotonic clock, which all processes of a machine share."""
    return time.monotonic_ns() // 1_000


class Ledger:
    """The tokens of one answer as its reader gets them. Tokens may arrive in any split: `;` ends each."""

    def __init__(self, tokens: int) -> None:
        self.first_at_us: int | None = None
        self.repeated = 0
        self.disordered = 0
        self.foreign = 0
        self.from_final_text = 0
        self.arrivals = array("q")
        self.delays = array("q")
        self._seen = bytearray(tokens)
        self._last = -1
        self._tail = ""

    def feed(self, text: str, at_us: int) -> None:
        """More of the answer arrived."""
        *whole, self._tail = (self._tail + text).split(";")
        for token in whole:
            number, _, sent_us = token.partition("@")
            self._note(int(number), int(sent_us), at_us)

    def close(self, final_text: str) -> None:
        """The answer's own record of itself arrived; it may overtake deltas of the end, which are dropped then."""
        for token in final_text.split(";")[:-1]:
            number = int(token.partition("@")[0])
            if number < len(self._seen) and not self._seen[number]:
                self._seen[number] = 1
                self.from_final_text += 1

    @property
    def lost(self) -> int:
        """Tokens that never came."""
        return self._seen.count(0)

    @property
    def complete(self) -> bool:
        """All are there."""
        return not self.lost

    def _note(self, number: int, sent_us: int, at_us: int) -> None:
        if number >= len(self._seen):
            self.foreign += 1
            return
        if self.first_at_us is None:
            self.first_at_us = at_us
        self.repeated += self._seen[number]
        self.disordered += number < self._last
        self._last = number
        self._seen[number] = 1
        self.arrivals.append(at_us)
        self.delays.append(at_us - sent_us)


class Observed(msgspec.Struct, frozen=True):
    """What the readers of one run saw. Times are wall-clock milliseconds."""

    streams: int
    tokens: int
    tokens_measured: int
    lost: int
    repeated: int
    disordered: int
    foreign: int
    from_final_text: int
    failed: int
    bytes_received: int
    frames_received: int
    delay_ms: tuple[float, float]
    """Provider's write to reader's callback: 50th and 99th percentile over all tokens of the measured time."""
    first_token_ms: tuple[float, float]
    """Question to first token: 50th and 99th percentile over streams."""

    @property
    def faultless(self) -> bool:
        """Every token came once and in order."""
        return not (self.lost or self.repeated or self.disordered or self.foreign or self.failed)


def observed(
    ledgers: Iterable[tuple[Ledger, int]],
    measured_us: tuple[int, int],
    *,
    failed: int = 0,
    bytes_received: int = 0,
    frames_received: int = 0,
) -> Observed:
    """Sum up. `ledgers` come with the moment when their answer was asked for."""
    begin, end = measured_us
    kept = list(ledgers)
    delays = sorted(
        delay
        for ledger, _ in kept
        for at, delay in zip(ledger.arrivals, ledger.delays, strict=True)
        if begin <= at < end
    )
    firsts = sorted(ledger.first_at_us - asked for ledger, asked in kept if ledger.first_at_us is not None)
    return Observed(
        streams=len(kept),
        tokens=sum(len(ledger.arrivals) for ledger, _ in kept),
        tokens_measured=len(delays),
        lost=sum(ledger.lost for ledger, _ in kept),
        repeated=sum(ledger.repeated for ledger, _ in kept),
        disordered=sum(ledger.disordered for ledger, _ in kept),
        foreign=sum(ledger.foreign for ledger, _ in kept),
        from_final_text=sum(ledger.from_final_text for ledger, _ in kept),
        failed=failed,
        bytes_received=bytes_received,
        frames_received=frames_received,
        delay_ms=_percentiles_ms(delays),
        first_token_ms=_percentiles_ms(firsts),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _percentiles_ms(ordered_us: Sequence[int]) -> tuple[float, float]:
    return percentile(ordered_us, 0.5) / 1_000, percentile(ordered_us, 0.99) / 1_000
