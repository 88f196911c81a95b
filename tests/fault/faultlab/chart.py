"""The waits of a campaign as a picture that any browser shows. Pure."""

from collections.abc import Sequence
from html import escape

from faultlab.recovery import Row

WIDTH, LEFT, BAR, GAP, TOP = 760, 190, 18, 8, 52
MEDIAN, LONGEST = "#4477aa", "#cccccc"


def svg(title: str, rows: Sequence[Row]) -> str:
    """A bar per kind of fault: the median in blue, the longest wait behind it in grey."""
    most = max((row.longest for row in rows), default=1.0) or 1.0
    height = TOP + len(rows) * (BAR + GAP) + GAP
    bars = "".join(_bar(row, TOP + place * (BAR + GAP), (WIDTH - LEFT - 110) / most) for place, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{height}" fill="white"/>'
        f'<text x="12" y="20" font-size="15">{escape(title)}</text>'
        f'<text x="12" y="40" fill="#555">seconds until every reader of every running answer saw more of it: '
        f"median (blue), longest (grey)</text>{bars}</svg>\n"
    )


def _bar(row: Row, y: int, scale: float) -> str:
    return (
        f'<text x="12" y="{y + 14}">{escape(row.kind)} ({row.felt})</text>'
        f'<rect x="{LEFT}" y="{y}" width="{row.longest * scale:.1f}" height="{BAR}" fill="{LONGEST}"/>'
        f'<rect x="{LEFT}" y="{y}" width="{row.p50 * scale:.1f}" height="{BAR}" fill="{MEDIAN}"/>'
        f'<text x="{LEFT + row.longest * scale + 6:.1f}" y="{y + 14}">{row.p50:.2f} / {row.longest:.2f}</text>'
    )
