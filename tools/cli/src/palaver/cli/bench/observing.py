"""What the readers of one scenario saw, summed up from their ledgers."""

from collections.abc import Iterable

import msgspec

from palaver.cli.bench.ledger import Ledger
from palaver.cli.bench.statistics import curve, percentile


class Traffic(msgspec.Struct):
    """What arrived at all sockets of a role. `delta_overhead_bytes` is what deltas had beyond their text."""

    bytes_received: int = 0
    frames_received: int = 0
    deltas: int = 0
    delta_overhead_bytes: int = 0


class Observed(msgspec.Struct, frozen=True):
    """What the readers of one run saw. Times are wall-clock milliseconds."""

    streams: int
    tokens: int
    tokens_measured: int
    lost: int
    repeated: int
    disordered: int
    foreign: int
    healed: int
    overtaken: int
    from_snapshot: int
    failed: int
    traffic: Traffic
    delay_ms: tuple[float, float]
    """Provider's write to reader's callback: 50th and 99th percentile over all tokens of the measured time."""
    added_gap_ms: tuple[float, float]
    """How much longer than the provider's the gap between two tokens was: the same percentiles."""
    first_token_ms: tuple[float, float]
    """Question to first token: the same over streams."""
    delay_curve_ms: list[float] = []
    """At `statistics.CURVE_SHARES`."""

    @property
    def faultless(self) -> bool:
        """Every token came once and in order, in a way that the protocol has for it."""
        return not (self.lost or self.repeated or self.disordered or self.foreign or self.healed or self.failed)


def observed(
    ledgers: Iterable[tuple[Ledger, int]],
    measured_us: tuple[int, int],
    *,
    failed: int = 0,
    traffic: Traffic | None = None,
) -> Observed:
    """Sum up. `ledgers` come with the moment when their answer was asked for."""
    kept = list(ledgers)
    delays, gaps = list[int](), list[int]()
    for ledger, _ in kept:
        _between(ledger, measured_us, delays, gaps)
    delays.sort()
    gaps.sort()
    firsts = sorted(ledger.first_at_us - asked for ledger, asked in kept if ledger.first_at_us is not None)
    return Observed(
        streams=len(kept),
        tokens=sum(len(ledger.arrivals) for ledger, _ in kept),
        tokens_measured=len(delays),
        lost=sum(ledger.lost for ledger, _ in kept),
        repeated=sum(ledger.repeated for ledger, _ in kept),
        disordered=sum(ledger.disordered for ledger, _ in kept),
        foreign=sum(ledger.foreign for ledger, _ in kept),
        healed=sum(ledger.healed for ledger, _ in kept),
        overtaken=sum(ledger.overtaken for ledger, _ in kept),
        from_snapshot=sum(ledger.from_snapshot for ledger, _ in kept),
        failed=failed,
        traffic=traffic or Traffic(),
        delay_ms=_in_ms(delays),
        added_gap_ms=_in_ms(gaps),
        first_token_ms=_in_ms(firsts),
        delay_curve_ms=[value / 1_000 for value in curve(delays)],
    )


def _between(ledger: Ledger, measured_us: tuple[int, int], delays: list[int], gaps: list[int]) -> None:
    begin, end = measured_us
    before: int | None = None
    for at, delay in zip(ledger.arrivals, ledger.delays, strict=True):
        if begin <= at < end:
            delays.append(delay)
            if before is not None:
                gaps.append(delay - before)
        before = delay


def _in_ms(ordered_us: list[int]) -> tuple[float, float]:
    return percentile(ordered_us, 0.5) / 1_000, percentile(ordered_us, 0.99) / 1_000
