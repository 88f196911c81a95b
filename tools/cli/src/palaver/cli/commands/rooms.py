"""`palaver rooms`: one's rooms, deleting them and taking them back."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from palaver.cli.commands.person import as_person, group
from palaver.cli.commands.showing import say, show
from palaver.contracts.ids import SessionId

if TYPE_CHECKING:
    from palaver.client import Palaver

app = group("Your rooms: which there are, deleting them and taking them back.")

Room: TypeAlias = Annotated[str, typer.Argument(help="Its id.")]


@app.command("list")
def list_rooms(
    context: typer.Context,
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that can be restored, and until when.")] = False,
) -> None:
    """Your newest rooms."""

    async def work(palaver: "Palaver") -> None:
        found = await (palaver.rest.deleted_sessions() if deleted else palaver.rest.sessions())
        rows = [(r.id, r.title, ", ".join(p.name for p in r.participants), r.purge_at or r.updated_at) for r in found]
        show(("id", "title", "members", "restorable until" if deleted else "changed"), rows)

    as_person(context, work)


@app.command("delete")
def delete(context: typer.Context, room: Room) -> None:
    """Delete a room; what runs in it stops. For some weeks it can be restored."""

    async def work(palaver: "Palaver") -> None:
        await palaver.rest.delete_session(SessionId(room))
        say(f"Deleted. `palaver rooms restore {room}` takes it back.")

    as_person(context, work)


@app.command("restore")
def restore(context: typer.Context, room: Room) -> None:
    """Take a deleted room back, with all that was said in it."""

    async def work(palaver: "Palaver") -> None:
        await palaver.rest.restore_session(SessionId(room))

    as_person(context, work)
