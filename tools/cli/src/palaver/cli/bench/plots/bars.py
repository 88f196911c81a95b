"""A bar for each pipeline: CPU per token by role."""

from collections.abc import Sequence
from html import escape

from palaver.cli.bench.results import PATH_ROLES, Measured

WIDTH, LEFT, BAR, GAP, TOP = 860, 300, 22, 12, 56
NUMBER_WIDTH = 60
COLOURS = dict(zip(PATH_ROLES, ("#4477aa", "#ccbb44", "#66ccee"), strict=True))


def bars(title: str, rows: Sequence[Measured]) -> str:
    """The picture."""
    most = max((row.path_us_per_token for row in rows), default=0.0) or 1.0
    height = TOP + len(rows) * (BAR + GAP) + GAP
    drawn = "".join(_bar(row, TOP + n * (BAR + GAP), most) for n, row in enumerate(rows))
    legend = "".join(
        f'<rect x="{LEFT + n * 90}" y="32" width="12" height="12" fill="{COLOURS[role]}"/>'
        f'<text x="{LEFT + n * 90 + 18}" y="42">{role}</text>'
        for n, role in enumerate(PATH_ROLES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{height}" fill="white"/>'
        f'<text x="12" y="20" font-size="15">{escape(title)}</text>{legend}{drawn}</svg>\n'
    )


def _bar(row: Measured, y: int, most: float) -> str:
    scale = (WIDTH - LEFT - NUMBER_WIDTH) / most
    x = float(LEFT)
    parts = [f'<text x="12" y="{y + 16}">{escape(row.name)}</text>']
    for role in PATH_ROLES:
        width = row.us_per_token(role) * scale
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[role]}"/>')
        x += width
    parts.append(f'<text x="{x + 6:.1f}" y="{y + 16}">{row.path_us_per_token:.0f}</text>')
    return "".join(parts)
