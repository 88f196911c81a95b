"""Two runs beside each other: before and after a change, on the same machine."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from palaver.cli.bench.results import Results
from palaver.cli.errors import CommandError


@dataclass(frozen=True, slots=True)
class Change:
    """One number in both runs."""

    name: str
    before: float
    after: float
    unit: str = ""

    @property
    def ratio(self) -> float:
        """After over before; infinite for something that came from nothing."""
        return self.after / self.before if self.before else float("inf")


def load(path: Path) -> Results:
    """A run's JSON. Raises CommandError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Results)
    except (OSError, msgspec.MsgspecError) as error:
        raise CommandError(f"{path} is not a run of this benchmark: {error}") from None


def changes(before: Results, after: Results) -> list[Change]:
    """Every number that both runs have, in the later one's order."""
    earlier, later = _numbers(before), _numbers(after)
    return [Change(name, earlier[name][0], value, unit) for name, (value, unit) in later.items() if name in earlier]


def _numbers(results: Results) -> dict[str, tuple[float, str]]:
    numbers = dict[str, tuple[float, str]]()
    for row in results.rows:
        if not row.beside:
            numbers[f"{row.name}: CPU per token"] = (row.path_us_per_token, "µs")
        numbers[f"{row.name}: delay p50"] = (row.observed.delay_ms[0], "ms")
        numbers[f"{row.name}: delay p99"] = (row.observed.delay_ms[1], "ms")
    for finding in results.findings:
        for figure in finding.figures:
            numbers[f"{finding.scenario}: {figure.name}"] = (figure.value, figure.unit)
    return numbers
