"""Tables of the terminal: the first column is what other commands take."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

FILE_CHARACTERS = 240
"""A line where nobody sits."""


def show(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Whole words, also where the terminal is narrow or the output a file."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(_text(cell)) for cell in row))
    console = Console()
    (console if console.is_terminal else Console(width=FILE_CHARACTERS)).print(table)


def say(text: str) -> None:
    """A line as it is: whatever looks like markup in it is what somebody wrote."""
    Console(soft_wrap=True).print(Text(text))


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "" if cell is None else str(cell)
