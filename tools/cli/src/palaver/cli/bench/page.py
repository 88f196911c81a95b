"""The results as Markdown, to be pasted into a document or a review."""

from collections.abc import Iterable, Sequence

from palaver.cli.bench import table
from palaver.cli.bench.results import Measured, Results
from palaver.cli.bench.targets import judged


def markdown(results: Results) -> str:
    """Targets, costs, and what else was found."""
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    targets = (
        (
            one.target.what,
            table.limit(one),
            table.measured(one),
            one.verdict,
            one.note,
        )
        for one in judged(results)
    )
    found = [f"- {line}" for finding in results.findings for line in table.lines(finding)]
    return "\n".join(
        (
            f"# {results.plan} run of {results.at}",
            "",
            f"{machine}.",
            "",
            *_table(("target", "limit", "measured", "", "note"), targets),
            "",
            *_table(
                ("", "load", "worker", "broker", "edge", "sum", "others", "cores busy", "delay p50/p99 ms", "faults"),
                map(_cost, results.rows),
            ),
            "",
            *found,
            "",
        )
    )


def _cost(row: Measured) -> Sequence[str]:
    p50, p99 = row.observed.delay_ms
    return (
        *(row.name, row.load, *table.costs(row)),
        *(f"{row.cores_busy:.2f}", f"{p50:.1f} / {p99:.1f}", table.faults(row) or "none"),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
