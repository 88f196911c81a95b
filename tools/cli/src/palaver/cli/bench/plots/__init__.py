"""Pictures of a run: SVG that any browser shows."""

from palaver.cli.bench.plots.bars import bars
from palaver.cli.bench.plots.lines import lines
from palaver.cli.bench.results import Results


def pictures(results: Results) -> dict[str, str]:
    """By name: costs of each scenario that has rows, and each chart of a scenario."""
    drawn = {
        f"{finding.scenario}-cpu": bars(f"CPU microseconds per token: {finding.scenario}", rows)
        for finding in results.findings
        if (rows := [row for row in finding.rows if not row.beside])
    }
    for finding in results.findings:
        for number, chart in enumerate(finding.charts):
            drawn[f"{finding.scenario}-{number + 1}"] = lines(chart)
    return drawn
