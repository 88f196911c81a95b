"""A bar for each scenario: CPU per token by role, as an SVG that any browser shows."""

from html import escape

from palaver.cli.bench.results import PATH_ROLES, Measured, Results

WIDTH, LEFT, BAR, GAP, TOP = 860, 260, 22, 12, 56
COLOURS = dict(zip(PATH_ROLES, ("#4477aa", "#ccbb44", "#66ccee"), strict=True))


def svg(results: Results) -> str:
    """The picture."""
    scenarios = results.scenarios
    most = max((scenario.path_us_per_token for scenario in scenarios), default=0.0) or 1.0
    height = TOP + len(scenarios) * (BAR + GAP) + GAP
    bars = "".join(_bar(scenario, TOP + n * (BAR + GAP), most) for n, scenario in enumerate(scenarios))
    legend = "".join(
        f'<rect x="{LEFT + n * 90}" y="32" width="12" height="12" fill="{COLOURS[role]}"/>'
        f'<text x="{LEFT + n * 90 + 18}" y="42">{role}</text>'
        for n, role in enumerate(PATH_ROLES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{height}" fill="white"/>'
        f'<text x="12" y="20" font-size="15">CPU microseconds per token, {escape(results.plan)} run of '
        f"{escape(results.at)}</text>{legend}{bars}</svg>\n"
    )


def _bar(scenario: Measured, y: int, most: float) -> str:
    scale = (WIDTH - LEFT - 80) / most
    x = float(LEFT)
    parts = [f'<text x="12" y="{y + 16}">{escape(scenario.name)}</text>']
    for role in PATH_ROLES:
        width = scenario.us_per_token(role) * scale
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[role]}"/>')
        x += width
    parts.append(f'<text x="{x + 6:.1f}" y="{y + 16}">{scenario.path_us_per_token:.1f}</text>')
    return "".join(parts)
