"""Who talks: a kept log-in, an account from the options, or the owner of an instance on this machine."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel, SecretStr

from palaver.cli.errors import CommandError
from palaver.client import Failure, Palaver
from palaver.contracts.failures import ErrorCode
from palaver.servicekit.embedded.private_file import write_private


class Account(BaseModel):
    """E-mail and password, where somebody gave them."""

    email: str
    password: SecretStr


class KeptLogIn:
    """The refresh token of the last log-in at one server, in a file that only its owner may read.

    A refresh token works once, so the file is written anew after each use.
    """

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self._url = url

    def read(self) -> str | None:
        """The token kept for this server."""
        try:
            kept = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return None
        return kept.get("refresh_token") if kept.get("url") == self._url else None

    def write(self, refresh_token: str) -> None:
        """Keep a token."""
        write_private(self._path, json.dumps({"url": self._url, "refresh_token": refresh_token}))


def owner_code(path: Path) -> str | None:
    """The one-time code that `palaver up` leaves for the command line beside its data."""
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def prompted() -> str:
    """The second factor, from whoever sits there."""
    return typer.prompt("Code of your authenticator, or a recovery code")


async def sign_in(
    palaver: Palaver,
    kept: KeptLogIn,
    account: Account | None,
    code: str | None,
    second_factor: Callable[[], str] = prompted,
) -> None:
    """Sign in the way that works first. Raises CommandError that says how, when none does."""
    if account is not None:
        try:
            await _with_password(palaver, account, second_factor)
        except Failure as failure:
            raise CommandError(f"Signing in as {account.email} failed: {failure.message}") from None
    elif not await _resumed(palaver, kept) and not await _as_owner(palaver, code):
        raise CommandError(
            "Not signed in. Give --email (the password is asked for), or run this on the machine and as the user "
            "that runs `palaver up`, with the same PALAVER_HOME."
        )
    kept.write(palaver.rest.signed_in.refresh_token)


async def _with_password(palaver: Palaver, account: Account, second_factor: Callable[[], str]) -> None:
    try:
        await palaver.rest.log_in(account.email, account.password.get_secret_value())
    except Failure as failure:
        if failure.code is not ErrorCode.SECOND_FACTOR_REQUIRED:
            raise
        await palaver.rest.second_step(failure.details["challenge"], second_factor())


async def _resumed(palaver: Palaver, kept: KeptLogIn) -> bool:
    token = kept.read()
    return token is not None and await _accepted(palaver.rest.resume(token))


async def _as_owner(palaver: Palaver, code: str | None) -> bool:
    return code is not None and await _accepted(palaver.rest.redeem(code))


async def _accepted(attempt: Coroutine[Any, Any, object]) -> bool:
    try:
        await attempt
    except Failure as failure:
        if failure.code in {ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.TIMEOUT}:
            raise CommandError(failure.message) from None
        return False
    return True
