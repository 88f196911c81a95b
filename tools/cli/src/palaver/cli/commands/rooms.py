"""`palaver rooms`: one's rooms, deleting them and taking them back, and links to them."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from palaver.cli.commands.person import as_person, group
from palaver.cli.commands.showing import say, show
from palaver.contracts.ids import SessionId, ShareId

if TYPE_CHECKING:
    from palaver.client import Palaver

app = group("Your rooms: which there are, deleting them and taking them back, and links to them.")

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


@app.command("share")
def share(
    context: typer.Context,
    room: Room,
    *,
    days: Annotated[int | None, typer.Option(help="Until it ends; by default it works until taken back.")] = None,
    prompts: Annotated[bool, typer.Option("--prompts", help="Show the system prompts, too.")] = False,
) -> None:
    """Make a link to what a room shows now; prints it, and it is never shown again."""

    async def work(palaver: "Palaver") -> None:
        say(await palaver.rest.share(SessionId(room), days=days, prompts=prompts))

    as_person(context, work)


@app.command("shares")
def shares(context: typer.Context, room: Room) -> None:
    """The links to a room that work."""

    async def work(palaver: "Palaver") -> None:
        found = await palaver.rest.shares(SessionId(room))
        rows = [(s.id, s.created_at, s.expires_at, s.messages, s.prompts) for s in found]
        show(("id", "since", "until", "messages", "prompts"), rows)

    as_person(context, work)


@app.command("unshare")
def unshare(context: typer.Context, room: Room, link: Annotated[str, typer.Argument(help="The link's id.")]) -> None:
    """Take a link back: nobody reads by it any more."""

    async def work(palaver: "Palaver") -> None:
        await palaver.rest.revoke_share(SessionId(room), ShareId(link))

    as_person(context, work)
