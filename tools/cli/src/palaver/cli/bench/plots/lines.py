"""Lines over an axis: latency curves, and what happens as load grows."""

import math
from collections.abc import Callable, Iterable
from html import escape

from palaver.cli.bench.results import Chart, Line

WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 230, 50, 60
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
TICKS = 5
SMALLEST_ON_LOG = 0.1

Place = Callable[[float], float]


def lines(chart: Chart) -> str:
    """The picture."""
    points = [point for line in chart.lines for point in line.points] or [(0.0, 0.0)]
    most_across = max(x for x, _ in points) or 1.0
    most_up = max(y for _, y in points) or 1.0

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * value / most_across

    up, marks = _logarithmic(points, most_up) if chart.log_up else _linear(most_up)
    drawn = "".join(
        _line(line, COLOURS[number % len(COLOURS)], number, across, up) for number, line in enumerate(chart.lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
        f'<text x="12" y="22" font-size="15">{escape(chart.title)}</text>'
        f"{_axes(chart, most_across, across, marks, up)}{drawn}</svg>\n"
    )


def _linear(most: float) -> tuple[Place, list[float]]:
    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * max(0.0, value) / most

    return up, [most * n / TICKS for n in range(TICKS + 1)]


def _logarithmic(points: Iterable[tuple[float, float]], most: float) -> tuple[Place, list[float]]:
    least = max(SMALLEST_ON_LOG, min(y for _, y in points))
    low, high = math.floor(math.log10(least)), max(math.ceil(math.log10(most)), math.floor(math.log10(least)) + 1)

    def up(value: float) -> float:
        share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    return up, [10.0**n for n in range(low, high + 1)]


def _axes(chart: Chart, most_across: float, across: Place, marks: list[float], up: Place) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 16}" text-anchor="middle">{escape(chart.across)}</text>',
        f'<text x="12" y="{TOP - 8}">{escape(chart.up)}</text>',
    ]
    for mark in marks:
        y = up(mark)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:.3g}</text>')
    for number in range(TICKS + 1):
        value = most_across * number / TICKS
        x = across(value)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#eeeeee"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{value:.4g}</text>')
    return "".join(parts)


def _line(line: Line, colour: str, number: int, across: Place, up: Place) -> str:
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line.points)
    x, y = WIDTH - RIGHT + 16, TOP + 22 * number
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<rect x="{x}" y="{y - 6}" width="14" height="4" fill="{colour}"/>'
        f'<text x="{x + 20}" y="{y}">{escape(line.name)}</text>'
    )
