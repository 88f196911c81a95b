"""The results as a person reads them in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from palaver.cli.bench.comparison import Change
from palaver.cli.bench.results import PATH_ROLES, Finding, Measured, Results
from palaver.cli.bench.targets import Judged, judged

COLUMNS = ("worker", "broker", "edge", "sum", "others", "client", "cores", "tokens", "p50 delay", "p99 delay", "faults")


def show(results: Results, console: Console) -> None:
    """Print everything."""
    console.print(_costs(results.rows))
    for finding in results.findings:
        for line in lines(finding):
            console.print(line, highlight=False, markup=False)
    console.print(_targets(judged(results)))
    verdict = "every token came once and in order" if results.faultless else "TOKENS WERE LOST, REPEATED OR DISORDERED"
    console.print(f"Accounting: {verdict}")


def show_changes(changes: Sequence[Change], console: Console) -> None:
    """Print a comparison."""
    table = Table(title="Before and after")
    table.add_column("what")
    for column in ("before", "after", "after / before"):
        table.add_column(column, justify="right")
    for change in changes:
        table.add_row(
            change.name,
            *(f"{value:.4g} {change.unit}" for value in (change.before, change.after)),
            f"{change.ratio:.2f}",
        )
    console.print(table)


def lines(finding: Finding) -> list[str]:
    """What is no cost per token, one line each."""
    told = [
        f"{finding.scenario}: {figure.name}: {figure.value:.4g} {figure.unit}".rstrip()
        + (f" ({figure.note})" if figure.note else "")
        for figure in finding.figures
    ]
    told += [f"{finding.scenario}: {remark}" for remark in finding.remarks]
    return told + ([f"{finding.scenario}: FAILED: {finding.failed}"] if finding.failed else [])


def faults(row: Measured) -> str:
    """What went wrong with tokens, in words; empty if nothing did."""
    seen = row.observed
    kinds = ("lost", "repeated", "disordered", "foreign", "healed", "failed")
    return ", ".join(f"{getattr(seen, kind)} {kind}" for kind in kinds if getattr(seen, kind))


def _costs(rows: Sequence[Measured]) -> Table:
    table = Table(title="CPU microseconds per token (user + system); delays are wall-clock milliseconds")
    table.add_column("scenario")
    table.add_column("load")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(row.name, row.load, *_cells(row))
    return table


def _cells(row: Measured) -> tuple[str, ...]:
    return (
        *costs(row),
        "" if row.beside else f"{row.us_per_token('client'):.1f}",
        f"{row.cores_busy:.2f}",
        f"{row.observed.tokens}",
        *(f"{delay:.1f}" for delay in row.observed.delay_ms),
        faults(row) or "none",
    )


def costs(row: Measured) -> list[str]:
    """Worker, broker, edge, their sum, others; empty where they are not of these tokens alone."""
    path = (row.us_per_token(role) for role in PATH_ROLES)
    numbers = (*path, row.path_us_per_token, row.others_us_per_token)
    return ["" if row.beside else f"{number:.1f}" for number in numbers]


def _targets(all_judged: Sequence[Judged]) -> Table:
    table = Table(title="Targets")
    for column in ("target", "limit", "measured", "", "note"):
        table.add_column(column)
    for one in all_judged:
        table.add_row(one.target.what, limit(one), measured(one), one.verdict, one.note)
    return table


def limit(one: Judged) -> str:
    """The limit as text."""
    sign = "≥" if one.target.at_least else "≤"
    return f"{sign} {one.target.limit:.4g} {one.target.unit}".rstrip()


def measured(one: Judged) -> str:
    """The measured value as text."""
    return "" if one.figure is None else f"{one.figure.value:.4g} {one.figure.unit}".rstrip()
