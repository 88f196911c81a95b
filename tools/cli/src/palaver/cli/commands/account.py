"""`palaver account`: one's own account."""

from typing import TYPE_CHECKING, Annotated

import typer

from palaver.cli.commands.person import as_person, as_stranger, group, secret
from palaver.cli.commands.showing import say, show
from palaver.cli.errors import CommandError
from palaver.contracts.preferences import Preferences

if TYPE_CHECKING:
    from palaver.client import Palaver

app = group("Your account: settings, devices, password, second factor.")


@app.command("register")
def register(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="EMAIL", help="Your e-mail address.")],
    *,
    name: Annotated[str, typer.Option(help="What others call you.", prompt="Your name")],
    invited: Annotated[bool, typer.Option("--invited", help="You have the code of an invitation.")] = False,
) -> None:
    """Open an account. Invitation and password are asked for, or lines of the standard input."""

    async def work(palaver: "Palaver") -> None:
        invitation = secret("Invitation") if invited else None
        signed_in = await palaver.rest.register(address, secret("Password", again=True), name, invitation=invitation)
        say(f"{signed_in.user.id}  {signed_in.user.email}, {signed_in.user.role.value}")

    as_stranger(context, work)


@app.command("show")
def show_account(context: typer.Context) -> None:
    """Who you are here, and how you want it."""

    async def work(palaver: "Palaver") -> None:
        user, factor = palaver.rest.signed_in.user, await palaver.account.second_factor()
        facts = {"id": user.id, "e-mail": user.email, "name": user.nickname, "role": user.role.value}
        facts["second factor"] = f"on, {factor.recovery_codes_left} recovery codes left" if factor.enabled else "off"
        settings = (await palaver.account.settings()).model_dump(mode="json")
        show(("what", "is"), [*facts.items(), *settings.items()])

    as_person(context, work)


@app.command("set")
def set_preference(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="language, theme, font_size, send_key or room_view.")],
    value: Annotated[str, typer.Argument(help="e.g. zh, dark, large, mod-enter; '' leaves it to the device.")],
) -> None:
    """Change one setting, wherever you sign in."""

    async def work(palaver: "Palaver") -> None:
        if name not in Preferences.model_fields:
            raise CommandError(f"There are the settings {', '.join(Preferences.model_fields)}.")
        before = (await palaver.account.settings()).model_dump(exclude_none=True)
        try:
            wanted = Preferences.model_validate({**before, name: value or None})
        except ValueError:
            raise CommandError(f"{name} cannot be {value!r}.") from None
        await palaver.account.set_settings(wanted)

    as_person(context, work)


@app.command("devices")
def devices(context: typer.Context) -> None:
    """Where you are signed in, the last used first."""

    async def work(palaver: "Palaver") -> None:
        rows = [(d.id, d.device, d.address, d.created_at, d.used_at, d.current) for d in await palaver.rest.devices()]
        show(("id", "device", "address", "since", "last used", "this one"), rows)

    as_person(context, work)


@app.command("log-out")
def log_out(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Its id, or the beginning of it that no other has.")] = "",
    *,
    others: Annotated[bool, typer.Option("--others", help="All but this one.")] = False,
) -> None:
    """Sign another device out, or all others; their connections are closed within a second."""

    async def work(palaver: "Palaver") -> None:
        if others == bool(device):
            raise CommandError("Name a device, or say --others.")
        if others:
            say(f"{await palaver.rest.log_other_devices_out()} signed out.")
            return
        found = [one.id for one in await palaver.rest.devices() if one.id.startswith(device)]
        if len(found) != 1:
            raise CommandError("No device of yours begins so." if not found else "More than one device begins so.")
        await palaver.rest.log_device_out(found[0])

    as_person(context, work)


@app.command("password")
def password(
    context: typer.Context,
    *,
    first: Annotated[bool, typer.Option("--first", help="You have none, and have just signed in by a link.")] = False,
) -> None:
    """Change your password; all other devices are signed out."""

    async def work(palaver: "Palaver") -> None:
        current = None if first else secret("Present password")
        await palaver.rest.change_password(current, secret("New password", again=True))

    as_person(context, work)


@app.command("second-factor")
def second_factor(
    context: typer.Context,
    *,
    off: Annotated[bool, typer.Option("--off", help="Turn it off.")] = False,
) -> None:
    """Have your password ask for a code of an authenticator, too; prints the recovery codes."""

    async def work(palaver: "Palaver") -> None:
        words = secret("Password")
        if off:
            await palaver.account.disable_second_factor(words, secret("Code"))
            return
        made = await palaver.account.begin_second_factor(words)
        say(f"Give this to your authenticator: {made.secret}\n{made.uri}")
        codes = await palaver.account.confirm_second_factor(secret("Code that it shows"))
        say("\n".join(("It is on. Keep these; each replaces the authenticator once:", *codes)))

    as_person(context, work)


@app.command("delete")
def delete(
    context: typer.Context,
    *,
    without_password: Annotated[
        bool, typer.Option("--without-password", help="You have none, and have just signed in by a link.")
    ] = False,
) -> None:
    """Delete your account for good, with your rooms, messages, presets and keys."""

    async def work(palaver: "Palaver") -> None:
        if without_password:
            typer.confirm("Delete this account for good?", abort=True)
        words = None if without_password else secret("Password")
        asked = words is not None and (await palaver.account.second_factor()).enabled
        await palaver.account.delete(words, secret("Code") if asked else None)

    as_person(context, work)
