"""The `palaver` command: what a person can ask for, and how errors are told to them. The work is done elsewhere."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from palaver.cli.commands import account, admin, keys, models, rooms
from palaver.cli.commands.person import secret, server_of
from palaver.cli.settings import MigrateSettings, UpSettings, given_password, read
from palaver.cli.telling import run, told

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

app.add_typer(account.app, name="account")
app.add_typer(admin.app, name="admin")
app.add_typer(keys.app, name="keys")
app.add_typer(rooms.app, name="rooms")
app.command()(models.models)


@app.command()
def up(
    *,
    processes: Annotated[
        bool, typer.Option("--processes", help="One process per service instead of one for all.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Logs to this terminal instead of a file.")] = False,
) -> None:
    """Start everything on this machine, and keep it up until Ctrl-C."""
    from palaver.cli.up.command import run_up  # noqa: PLC0415 - only what this command needs

    told(lambda: run_up(read(UpSettings), processes=processes, verbose=verbose))


@app.command()
def serve(service: Annotated[str, typer.Argument(help="gateway, session, …, or simulator")]) -> None:
    """Run one service against external servers, as its settings in the environment say."""
    from palaver.cli.serving import serve_one  # noqa: PLC0415 - only what this command needs

    raise typer.Exit(told(lambda: serve_one(service)))


@app.command()
def secrets() -> None:
    """Print new keys for services on external servers, as lines of an environment file."""
    from palaver.cli.new_secrets import as_environment_file  # noqa: PLC0415 - only what this command needs
    from palaver.cli.up.secret_store import Secrets  # noqa: PLC0415 - as above

    sys.stdout.write(as_environment_file(Secrets().completed()))


@app.command()
def migrate() -> None:
    """Make roles, schemas, tables, streams and durables on external servers; may be repeated."""
    from palaver.cli.migrating import migrate_all  # noqa: PLC0415 - only what this command needs

    told(lambda: run(migrate_all(read(MigrateSettings))))


@app.command()
def chat(
    question: Annotated[str, typer.Argument(help="What to ask; without it a conversation begins.")] = "",
    *,
    models: Annotated[str, typer.Option(help="Model ids, comma-separated; by default three that need no key.")] = "",
    room: Annotated[str | None, typer.Option(help="Go on in this room instead of a new one.")] = None,
    url: Annotated[str | None, typer.Option(envvar="PALAVER_URL", help="The server; by default the local one.")] = None,
    email: Annotated[
        str | None,
        typer.Option(envvar="PALAVER_EMAIL", help="Sign in as this account; its password is asked for."),
    ] = None,
    in_turn: Annotated[bool, typer.Option("--in-turn", help="Whole answers one by one, not side by side.")] = False,
) -> None:
    """Talk to a room of models in the terminal."""
    from palaver.cli.chat.command import ChatWishes, chat  # noqa: PLC0415 - only what this command needs
    from palaver.cli.chat.signing_in import Account  # noqa: PLC0415 - as above
    from palaver.cli.up.home import Home  # noqa: PLC0415 - as above

    chosen = tuple(name.strip() for name in models.split(",") if name.strip())

    def talk() -> int:
        settings = read(UpSettings)
        server = server_of(url or settings.url)
        account = Account(email=email, password=SecretStr(given_password() or secret("Password"))) if email else None
        wishes = ChatWishes(server, question, chosen, room, account, in_turn)
        return run(chat(wishes, Home(settings.home)))

    told(talk)


@app.command()
def doctor() -> None:
    """Say what is wrong with this installation and its instance; exit status 1 if something is."""
    from palaver.cli.doctor import examine  # noqa: PLC0415 - only what this command needs

    raise typer.Exit(told(lambda: run(examine(read(UpSettings)))))


@app.command()
def bench(
    *,
    full: Annotated[bool, typer.Option("--full", help="More and longer; minutes instead of one.")] = False,
    tiny: Annotated[bool, typer.Option("--tiny", help="Only to see that it works; the figures mean nothing.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="A scenario instead of all; may be repeated.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the results go.")] = Path("bench-results"),
    images: Annotated[Path | None, typer.Option(help="Also draw the pictures of documents here.")] = None,
    against: Annotated[Path | None, typer.Option(help="An earlier results.json to compare with.")] = None,
) -> None:
    """Measure what a token costs here, beside pipelines without the product; starts and stops all it needs."""
    from palaver.cli.bench.command import bench as run_bench  # noqa: PLC0415 - only what this command needs
    from palaver.cli.bench.suite import Wishes  # noqa: PLC0415 - as above

    def measure() -> int:
        peers = read(UpSettings).home / "bench-peers"
        wishes = Wishes("full" if full else "tiny" if tiny else "short", only or (), peers)
        return run(run_bench(wishes, output, images=images, against=against))

    raise typer.Exit(told(measure))


if __name__ == "__main__":
    app()
