"""The command `palaver bench`: run, show, keep."""

from pathlib import Path

import msgspec
from rich.console import Console

from palaver.cli.bench import plot, suite, table
from palaver.cli.bench.plan import FULL, SHORT, TINY
from palaver.cli.bench.results import Results

PLANS = {plan.name: plan for plan in (TINY, SHORT, FULL)}


async def bench(plan: str, output: Path) -> int:
    """Run the plan; exit status 1 if a token was lost, repeated or out of order. Figures decide nothing."""
    console = Console(width=140)
    results = await suite.run(PLANS[plan], console.print)
    table.show(results, console)
    _keep(results, output, console)
    return 0 if results.faultless else 1


def _keep(results: Results, output: Path, console: Console) -> None:
    output.mkdir(parents=True, exist_ok=True)
    stem = f"{results.plan}-{results.at.replace(':', '').replace('+0000', 'Z')}"
    (output / f"{stem}.json").write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))
    (output / f"{stem}.svg").write_text(plot.svg(results))
    console.print(f"Written: {output / stem}.json and .svg")
