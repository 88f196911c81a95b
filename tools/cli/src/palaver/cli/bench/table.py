"""The results as a person reads them in a terminal."""

from rich.console import Console
from rich.table import Table

from palaver.cli.bench.results import Measured, Results


def show(results: Results, console: Console) -> None:
    """Print everything."""
    console.print(_costs(results))
    for line in figures(results):
        console.print(line)


def figures(results: Results) -> list[str]:
    """What is no cost per token, one sentence each."""
    lines: list[str] = []
    bare, ours = results.scenario("bare"), _same_load(results)
    if bare and ours:
        lines.append(f"CPU per token, worker + broker + edge: {_ratio(ours, bare)} times the bare pipeline")
    if (naive := results.scenario("naive")) and ours:
        lines.append(f"… {_ratio(ours, naive)} times the naive pipeline")
    if results.linearity_cpu is not None:
        lines.append(
            f"Answers twice as long: {results.linearity_cpu:.2f} times the CPU,"
            f" {results.linearity_bytes:.2f} times the bytes"
        )
    if results.idle:
        each = results.idle.bytes_each / 1024
        lines.append(f"Idle attached connection: {each:.1f} KiB of gateway memory ({results.idle.connections} of them)")
    if stops := results.stops:
        lines.append(
            f"Stop to closed provider connection: p50 {stops.p50_ms:.0f} ms, p99 {stops.p99_ms:.0f} ms"
            f" ({stops.samples} samples, {stops.missing} missing; wall-clock)"
        )
    verdict = "every token came once and in order" if results.faultless else "TOKENS WERE LOST, REPEATED OR DISORDERED"
    return [*lines, f"Accounting: {verdict}", *results.remarks]


def _costs(results: Results) -> Table:
    table = Table(title="CPU microseconds per token (user + system); delays are wall-clock milliseconds")
    table.add_column("scenario")
    for column in ("worker", "broker", "edge", "sum", "others", "client", "tokens", "lost", "p50 delay", "p99 delay"):
        table.add_column(column, justify="right")
    for scenario in results.scenarios:
        table.add_row(scenario.name, *_row(scenario))
    return table


def _row(scenario: Measured) -> tuple[str, ...]:
    seen = scenario.observed
    costs = (scenario.us_per_token(role) for role in ("worker", "broker", "edge"))
    return (
        *(f"{cost:.1f}" for cost in costs),
        f"{scenario.path_us_per_token:.1f}",
        f"{scenario.others_us_per_token:.1f}",
        f"{scenario.us_per_token('client'):.1f}",
        f"{seen.tokens}",
        f"{seen.lost}",
        *(f"{delay:.1f}" for delay in seen.delay_ms),
    )


def _same_load(results: Results) -> Measured | None:
    """The product under the load of the pipelines: the first of its scenarios."""
    return next((found for found in results.scenarios if found.name.startswith("product")), None)


def _ratio(ours: Measured, other: Measured) -> str:
    return f"{ours.path_us_per_token / max(1e-9, other.path_us_per_token):.2f}"
