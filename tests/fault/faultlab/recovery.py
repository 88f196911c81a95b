"""How long readers waited after something broke. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from faultlab.journal import Broken, Journal, Shown


@dataclass(frozen=True, slots=True)
class Recovery:
    """From the moment of the break until every reader of every answer that was running had seen more of it."""

    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fault over a campaign. `felt`: how many of its breaks fell into running answers."""

    kind: str
    felt: int
    p50: float
    longest: float


def recoveries(journal: Journal) -> list[Recovery]:
    """One for each break that met running answers."""
    found = [(broken, _longest_wait(journal, broken)) for broken in journal.broken]
    return [Recovery(broken.kind, seconds) for broken, seconds in found if seconds is not None]


def rows(all_recoveries: Iterable[Recovery]) -> list[Row]:
    """By kind, those first that take longest."""
    by_kind: Mapping[str, list[float]] = defaultdict(list)
    for recovery in all_recoveries:
        by_kind[recovery.kind].append(recovery.seconds)
    made = [Row(kind, len(seconds), median(seconds), max(seconds)) for kind, seconds in by_kind.items()]
    return sorted(made, key=lambda row: -row.p50)


def table(found: Sequence[Row]) -> list[str]:
    """Lines for a terminal, with a bar of the median."""
    if not found:
        return ["nothing broke while anybody answered"]
    longest = max(row.p50 for row in found) or 1.0
    lines = [f"{'broken':<18} {'felt':>5} {'p50 s':>7} {'max s':>7}"]
    for row in found:
        bar = "▇" * max(1, round(row.p50 / longest * 40))
        lines.append(f"{row.kind:<18} {row.felt:>5} {row.p50:>7.2f} {row.longest:>7.2f}  {bar}")
    return lines


def _longest_wait(journal: Journal, broken: Broken) -> float | None:
    waits: list[float] = []
    for reader in journal.readers:
        last: dict[str, Shown] = {}
        waiting: set[str] | None = None
        for seen in (seen for seen in reader.seen if isinstance(seen, Shown)):
            if seen.at >= broken.began and waiting is None:
                waiting = {turn for turn, shown in last.items() if shown.status == "streaming"}
            if waiting is not None and seen.turn in waiting:
                waiting.discard(seen.turn)
                waits.append(seen.at - broken.began)
            last[seen.turn] = seen
    return max(waits, default=None)
