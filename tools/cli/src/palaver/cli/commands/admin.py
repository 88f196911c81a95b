"""`palaver admin`: what owners and administrators do."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from palaver.cli.commands.person import as_person, group
from palaver.cli.commands.showing import say, show
from palaver.contracts.ids import InvitationId, UserId
from palaver.contracts.limits import INVITATION_DAYS

if TYPE_CHECKING:
    from palaver.client import Palaver

app = group("For owners and administrators: people and invitations.")


@app.command("people")
def people(
    context: typer.Context, search: Annotated[str, typer.Argument(help="Part of a name or address.")] = ""
) -> None:
    """Who has an account, the newest first."""

    async def work(palaver: "Palaver") -> None:
        found = await palaver.admin.people(search)
        rows = [(p.id, p.email, p.nickname, p.role.value, p.status, p.second_factor, p.last_seen_at) for p in found]
        show(("id", "e-mail", "name", "role", "status", "second factor", "last seen"), rows)

    as_person(context, work)


@app.command("reset-second-factor")
def reset_second_factor(context: typer.Context, user: Annotated[str, typer.Argument(help="Their id.")]) -> None:
    """For somebody who lost it; they are told by mail."""

    async def work(palaver: "Palaver") -> None:
        await palaver.admin.reset_second_factor(UserId(user))

    as_person(context, work)


@app.command("invite")
def invite(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(metavar="[EMAIL]", help="For this address alone, by mail.")] = None,
    *,
    role: Annotated[Literal["member", "admin"], typer.Option(help="As what.")] = "member",
    uses: Annotated[int, typer.Option(help="How many may come.")] = 1,
    days: Annotated[int, typer.Option(help="Until it ends.")] = INVITATION_DAYS,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the mail.")] = "en",
) -> None:
    """Invite somebody; prints the link, which is never shown again."""

    async def work(palaver: "Palaver") -> None:
        made = await palaver.admin.invite(address, role=role, uses=uses, days=days, language=language)
        say(made.url)
        if made.mailed:
            say(f"A mail to {made.email} is on its way.")

    as_person(context, work)


@app.command("invitations")
def invitations(context: typer.Context) -> None:
    """Who is invited, and what became of it."""

    async def work(palaver: "Palaver") -> None:
        found = await palaver.admin.invitations()
        rows = [(i.id, i.email, i.role, i.state, f"{i.used} of {i.uses}", i.created_at, i.expires_at) for i in found]
        show(("id", "for", "role", "state", "used", "since", "until"), rows)

    as_person(context, work)


@app.command("revoke")
def revoke(context: typer.Context, invitation: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Take an invitation back."""

    async def work(palaver: "Palaver") -> None:
        await palaver.admin.revoke_invitation(InvitationId(invitation))

    as_person(context, work)
