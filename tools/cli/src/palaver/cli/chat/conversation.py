"""One conversation: choose a room, then ask and show, once or until the person leaves."""

import asyncio
import contextlib
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from palaver.cli.chat.view import View, members
from palaver.cli.errors import CommandError
from palaver.client import Failure, Palaver, Room

DEFAULT_MEMBERS = 3


async def enter(palaver: Palaver, models: Sequence[str], room_id: str | None) -> Room:
    """The room to talk in: the one named, or a new one with these models (by default the first that need no key)."""
    try:
        if room_id is not None:
            return await palaver.room(await palaver.rest.session(room_id))
        return await palaver.create_room(list(models) or await _free_models(palaver))
    except Failure as failure:
        raise CommandError(failure.message) from None


async def ask(room: Room, view: View, question: str) -> None:
    """Post one message and show its round. Ctrl-C stops the answers, not the program."""
    try:
        message = await room.post(question)
    except Failure as failure:
        raise CommandError(failure.message) from None
    try:
        await view.show(room, message.branch, message.round)
    except asyncio.CancelledError:
        await room.stop()
        raise


async def converse(room: Room, view: View, console: Console) -> None:
    """Ask for messages until the person leaves with Ctrl-D or an empty line."""
    console.print(members(room.transcript.participants))
    console.print(Text(f"Room {room.id}. An empty line leaves.", style="dim"))
    with contextlib.suppress(EOFError):
        while question := (await asyncio.to_thread(console.input, "[bold]>[/bold] ")).strip():
            await ask(room, view, question)


async def _free_models(palaver: Palaver) -> list[str]:
    chosen = [card.id for card in await palaver.rest.models() if not card.needs_key][:DEFAULT_MEMBERS]
    if not chosen:
        raise CommandError("No model works without a key here; choose with --models.")
    return chosen
