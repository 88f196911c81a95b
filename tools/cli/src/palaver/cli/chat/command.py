"""One run of `palaver chat`, from signing in to leaving."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from palaver.cli.chat.conversation import ask, converse, enter
from palaver.cli.chat.signing_in import Account, KeptLogIn, owner_code, sign_in
from palaver.cli.chat.view import InTurn, Side, View
from palaver.cli.up.home import Home
from palaver.client import Palaver


@dataclass(frozen=True, slots=True)
class ChatWishes:
    """What the person asked for on the command line. Without a question a conversation begins."""

    server: str
    question: str
    models: tuple[str, ...]
    room_id: str | None
    account: Account | None
    in_turn: bool


async def chat(wishes: ChatWishes, home: Home) -> None:
    """Talk to a room of models. Raises CommandError."""
    console = Console()
    view: View = InTurn(console) if wishes.in_turn or not console.is_terminal else Side(console)
    kept, code = KeptLogIn(home.command_line_log_in, wishes.server), owner_code(home.command_line_code)
    async with Palaver(wishes.server) as palaver:
        await sign_in(palaver, kept, wishes.account, code)
        room = await enter(palaver, wishes.models, wishes.room_id)
        if wishes.question:
            await ask(room, view, wishes.question)
            console.print(Text(f"Room {room.id}", style="dim"))
        else:
            await converse(room, view, console)
        kept.write(palaver.rest.signed_in.refresh_token)
