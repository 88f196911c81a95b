"""`palaver keys`: provider keys of whoever is signed in."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from palaver.cli.commands.person import as_person, group, secret
from palaver.cli.commands.showing import say, show
from palaver.cli.errors import CommandError
from palaver.contracts.ids import KeyId

if TYPE_CHECKING:
    from palaver.client import Palaver
    from palaver.contracts.keyvault import KeyView

app = group("Provider keys: none of them is shown again, or stands on a command line.")

Which = Annotated[str, typer.Argument(metavar="KEY", help="Its id, or the beginning of it that no other has.")]


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """Your keys, and the shared ones that you may use."""

    async def work(palaver: "Palaver") -> None:
        show(
            ("id", "provider", "label", "ends in", "status", "scope", "order", "weight", "passphrase", "used"),
            [
                (k.id, k.provider, k.label, k.key_hint, _status(k), k.scope, k.order, k.weight, *_more(k))
                for k in await palaver.keys.list()
            ],
        )

    as_person(context, work)


@app.command("add")
def add_key(
    context: typer.Context,
    provider: Annotated[str, typer.Argument(help="As `palaver models` names it, e.g. openai.")],
    *,
    label: Annotated[str, typer.Option(help="What you call it.")] = "",
    order: Annotated[int, typer.Option(help="Its place: keys of the lowest are used first.")] = 0,
    weight: Annotated[int, typer.Option(help="Its share among keys of the same order.")] = 1,
    shared: Annotated[bool, typer.Option("--shared", help="For everybody; for administrators.")] = False,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Seal it here under a passphrase, which is asked for next.")
    ] = False,
) -> None:
    """Store a key, which is asked for, or a line of the standard input."""

    async def work(palaver: "Palaver") -> None:
        if shared and passphrase:
            raise CommandError("A key under your passphrase is used by you alone.")
        given = secret("Key")
        words = secret("Passphrase", again=True) if passphrase else None
        scope = "shared" if shared else "personal"
        wishes: dict[str, Any] = {"order": order, "weight": weight} | ({} if passphrase else {"scope": scope})
        key = await palaver.keys.add(provider, given, label=label, passphrase=words, **wishes)
        say(f"{key.id}  a key for {key.provider} at {key.host}")

    as_person(context, work)


@app.command("validate")
def validate_key(context: typer.Context, key: Which) -> None:
    """Try a key at its provider."""

    async def work(palaver: "Palaver") -> None:
        verdict = await palaver.keys.validate(await _one(palaver, key))
        say(verdict.message)
        if not verdict.valid:
            raise CommandError("The provider does not take this key.")

    as_person(context, work)


@app.command("change")
def change_key(
    context: typer.Context,
    key: Which,
    *,
    label: Annotated[str | None, typer.Option(help="What you call it.")] = None,
    order: Annotated[int | None, typer.Option(help="Its place: keys of the lowest are used first.")] = None,
    weight: Annotated[int | None, typer.Option(help="Its share among keys of the same order.")] = None,
) -> None:
    """Give a key another label or another place among your keys."""

    async def work(palaver: "Palaver") -> None:
        wanted = {"label": label, "order": order, "weight": weight}
        given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if not given:
            raise CommandError("Say what to change: --label, --order or --weight.")
        changed = await palaver.keys.change(await _one(palaver, key), **given)
        say(f"{changed.id}  {changed.label}, order {changed.order}, weight {changed.weight}")

    as_person(context, work)


@app.command("disable")
def disable_key(context: typer.Context, key: Which) -> None:
    """Use a key no more; every worker forgets it within a second."""

    async def work(palaver: "Palaver") -> None:
        await palaver.keys.disable(await _one(palaver, key))

    as_person(context, work)


@app.command("enable")
def enable_key(context: typer.Context, key: Which) -> None:
    """Use a key again."""

    async def work(palaver: "Palaver") -> None:
        await palaver.keys.enable(await _one(palaver, key))

    as_person(context, work)


@app.command("remove")
def remove_key(context: typer.Context, key: Which) -> None:
    """Delete a key for good."""

    async def work(palaver: "Palaver") -> None:
        await palaver.keys.delete(await _one(palaver, key))

    as_person(context, work)


@app.command("unlock")
def unlock_keys(context: typer.Context) -> None:
    """Use the keys under your passphrase, which is asked for, until this sign-in ends or twelve hours are over."""

    async def work(palaver: "Palaver") -> None:
        state = await palaver.keys.unlock(secret("Passphrase"))
        say(f"Unlocked until {state.unlocked_until:%Y-%m-%d %H:%M} UTC." if state.unlocked_until else "Locked.")

    as_person(context, work)


@app.command("lock")
def lock_keys(context: typer.Context) -> None:
    """Use the keys under your passphrase no more, whichever sign-in unlocked them."""

    async def work(palaver: "Palaver") -> None:
        await palaver.keys.lock()

    as_person(context, work)


async def _one(palaver: "Palaver", beginning: str) -> KeyId:
    found = [key.id for key in await palaver.keys.list() if key.id.startswith(beginning)]
    if len(found) != 1:
        raise CommandError("No key of yours begins so." if not found else "More than one key begins so.")
    return found[0]


def _status(key: "KeyView") -> str:
    return "locked" if key.locked else "quota used up" if key.quota_used_up else key.status


def _more(key: "KeyView") -> tuple[object, object]:
    return key.protection == "passphrase", key.last_used_at
