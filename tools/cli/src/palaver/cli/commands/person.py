"""Who gives a command, at which server; and what must not stand on a command line."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr

from palaver.cli.errors import CommandError
from palaver.cli.settings import UpSettings, given_password, read
from palaver.cli.telling import run, told

if TYPE_CHECKING:
    from palaver.client import Palaver

Url: TypeAlias = Annotated[str | None, typer.Option(envvar="PALAVER_URL", help="The server; by default the local one.")]
Email: TypeAlias = Annotated[
    str | None,
    typer.Option(envvar="PALAVER_EMAIL", help="Sign in as this account; by default as in the last command."),
]


@dataclass(frozen=True, slots=True)
class Where:
    """What stands before a group's command. The password is asked for, or `PALAVER_PASSWORD`."""

    url: str | None
    email: str | None


def group(summary: str) -> typer.Typer:
    """A group of commands, which takes `--url` and `--email` before the command."""
    app = typer.Typer(no_args_is_help=True, help=summary)

    @app.callback()
    def where(context: typer.Context, *, url: Url = None, email: Email = None) -> None:  # pyright: ignore[reportUnusedFunction]
        context.obj = Where(url, email)

    return app


def server_of(url: str) -> str:
    """An address to talk to. Raises CommandError for one with a name or password: logs and histories keep addresses."""
    if urlsplit(url).username is not None:
        raise CommandError("There is no name or password in a server's address; give --email.")
    return url


def secret(prompt: str, *, again: bool = False) -> str:
    """Asked for where somebody sits, else a line of the standard input: command lines are seen by everybody on the
    machine. Raises CommandError where there is none."""
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=again))
    given = sys.stdin.readline().strip()
    if not given:
        raise CommandError(f"{prompt}: nothing came from the standard input.")
    return given


def as_person(context: typer.Context, work: "Callable[[Palaver], Awaitable[None]]") -> None:
    """Sign in, do it, and keep the sign-in for the next command."""
    told(lambda: run(_signed_in(context.obj, work)))


def as_stranger(context: typer.Context, work: "Callable[[Palaver], Awaitable[None]]") -> None:
    """Do what signs somebody in by itself, and keep the sign-in for the next command."""
    told(lambda: run(_signed_in(context.obj, work, stranger=True)))


async def _signed_in(where: Where, work: "Callable[[Palaver], Awaitable[None]]", *, stranger: bool = False) -> None:
    from palaver.cli.chat.signing_in import Account, KeptLogIn, owner_code, sign_in  # noqa: PLC0415 - when needed
    from palaver.cli.up.home import Home  # noqa: PLC0415 - as above
    from palaver.client import Failure, Palaver  # noqa: PLC0415 - as above

    settings = read(UpSettings)
    home, server = Home(settings.home), server_of(where.url or settings.url)
    kept, account = KeptLogIn(home.command_line_log_in, server), None
    if where.email and not stranger:
        account = Account(email=where.email, password=SecretStr(given_password() or secret("Password")))
    async with Palaver(server) as palaver:
        if not stranger:
            await sign_in(palaver, kept, account, owner_code(home.command_line_code))
        try:
            await work(palaver)
        except Failure as failure:
            raise CommandError(failure.message) from None
        finally:
            if palaver.rest.is_signed_in:
                kept.write(palaver.rest.signed_in.refresh_token)
