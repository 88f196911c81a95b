"""How a round looks while it is spoken: columns side by side, or one answer after the other."""

from collections.abc import Sequence
from typing import Protocol

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from palaver.client import ReplyState, Room
from palaver.contracts.session_log import Participant

FRAMES_PER_SECOND = 12
MIN_COLUMN_CHARACTERS = 28
MARKS = {"waiting": "…", "streaming": "▍", "completed": "✓", "failed": "✗", "stopped": "■"}


class View(Protocol):
    """Shows one round until it has ended."""

    async def show(self, room: Room, branch: str, number: int) -> None:
        """Return when the round has ended."""
        ...


class Side:
    """All answers at once, in order of their first tokens; needs a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, room: Room, branch: str, number: int) -> None:
        """Redraw at a steady rate, however fast tokens come."""
        with Live(console=self._console, refresh_per_second=FRAMES_PER_SECOND, vertical_overflow="visible") as live:
            async for _ in room.progress(branch, number):
                live.update(self.render(room, room.transcript.replies_in(branch, number)))
            live.update(self.render(room, room.transcript.replies_in(branch, number)))

    def render(self, room: Room, replies: Sequence[ReplyState]) -> RenderableType:
        """The round as it is now: columns where there is room for them, else one below the other."""
        panels = [_panel(reply, color_of(room, reply)) for reply in replies]
        if not panels:
            return Text("…", style="dim")
        if self._console.width // len(panels) < MIN_COLUMN_CHARACTERS:
            return Group(*panels)
        table = Table.grid(expand=True, padding=(0, 1))
        for _ in panels:
            table.add_column(ratio=1, overflow="fold")  # Chinese has no spaces to break at
        table.add_row(*panels)
        return table


class InTurn:
    """Whole answers as they finish; also for pipes and files."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, room: Room, branch: str, number: int) -> None:
        """Print each answer once, when it has ended."""
        printed: set[str] = set()
        async for _ in room.progress(branch, number):
            self._print(room, branch, number, printed)
        self._print(room, branch, number, printed)

    def _print(self, room: Room, branch: str, number: int, printed: set[str]) -> None:
        for reply in room.transcript.replies_in(branch, number):
            if reply.ended and reply.turn.turn_id not in printed:
                printed.add(reply.turn.turn_id)
                self._console.print(Text(_title(reply), style=f"bold {color_of(room, reply)}"))
                self._console.print(_body(reply))
                self._console.print()


def color_of(room: Room, reply: ReplyState) -> str:
    """The speaker's own colour."""
    seats = {p.id: p for p in room.transcript.participants}
    seat = seats.get(reply.turn.participant_id)
    return seat.color if seat else "white"


def members(participants: Sequence[Participant]) -> RenderableType:
    """Who sits in the room."""
    return Columns([Text(f"● {p.name} ({p.model_id})", style=p.color) for p in participants], padding=(0, 2))


def _panel(reply: ReplyState, color: str) -> Panel:
    return Panel(_body(reply), title=_title(reply), title_align="left", border_style=color)


def _title(reply: ReplyState) -> str:
    return f"{MARKS[reply.status]} {reply.turn.speaker}"


def _body(reply: ReplyState) -> RenderableType:
    parts: list[RenderableType] = [Markdown(reply.text)] if reply.text else []
    if reply.error:
        parts.append(Text(reply.error, style="red"))
    if reply.reply and reply.reply.usage:
        used = reply.reply.usage
        cost = f", ${reply.reply.cost:f}" if reply.reply.cost else ""
        parts.append(Text(f"{reply.turn.model} · {used.tokens_input}+{used.tokens_output} tokens{cost}", style="dim"))
    return Group(*parts) if parts else Text("")
