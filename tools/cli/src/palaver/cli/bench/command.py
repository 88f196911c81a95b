"""The command `palaver bench`: run, show, keep."""

import asyncio
import logging
import signal
from pathlib import Path

import msgspec
import structlog
from rich.console import Console

from palaver.cli.bench import comparison, page, suite, table
from palaver.cli.bench.plots import pictures
from palaver.cli.bench.results import Results

WIDTH = 180


async def bench(wishes: suite.Wishes, output: Path, *, images: Path | None, against: Path | None) -> int:
    """Run what is wished for; exit status 1 if a token was lost, repeated or out of order, or a scenario failed.

    Figures decide nothing. `images`: where pictures for documents go; `against`: an earlier run to compare with.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console(width=WIDTH)
    before = None if against is None else comparison.load(against)
    run = asyncio.current_task()
    if run is not None:  # what was started is stopped, and what was written is removed, then, too
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, run.cancel)
    results = await suite.run(wishes, console.print)
    table.show(results, console)
    if before is not None:
        table.show_changes(comparison.changes(before, results), console)
    _keep(results, output, console)
    if images is not None:
        _draw(results, images, "bench-")
    return 0 if results.faultless and results.complete else 1


def _keep(results: Results, output: Path, console: Console) -> None:
    directory = output / f"{results.plan}-{results.at.replace(':', '').replace('+0000', 'Z')}"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))
    (directory / "results.md").write_text(page.markdown(results))
    _draw(results, directory, "")
    for finding in results.findings:
        for name, text in finding.pages.items():
            (directory / name).write_text(text)
    console.print(f"Written: {directory}")


def _draw(results: Results, directory: Path, prefix: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures(results).items():
        (directory / f"{prefix}{name}.svg").write_text(picture)
