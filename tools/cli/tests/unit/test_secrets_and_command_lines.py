"""Command lines are seen by everybody on the machine, and kept in histories: no command takes a secret there."""

import re
from collections.abc import Iterator

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

from palaver.cli.main import app

SECRET = re.compile(r"pass|secret|token|code|credential|api.?key|otp|factor")
SWITCHES = {"passphrase", "without_password"}
"""They say what is asked for; they take no value."""


def _parameters(command: object, path: str) -> Iterator[tuple[str, object]]:
    assert isinstance(command, TyperCommand | TyperGroup)
    for parameter in command.params:
        yield f"{path} {parameter.name}", parameter
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _parameters(inner, f"{path} {name}")


PARAMETERS = dict(_parameters(typer.main.get_command(app), "palaver"))


def test_every_command_is_looked_at() -> None:
    some = {"palaver chat question", "palaver keys add provider", "palaver account register address"}
    assert some <= set(PARAMETERS)


@pytest.mark.parametrize("where", PARAMETERS)
def test_no_parameter_takes_a_secret(where: str) -> None:
    name = where.rsplit(maxsplit=1)[-1]
    if name in SWITCHES:
        parameter = PARAMETERS[where]
        assert isinstance(parameter, TyperOption)
        assert parameter.is_flag
    else:
        assert not SECRET.search(name)


def test_a_password_in_a_command_line_is_refused_before_anything_is_done() -> None:
    given = CliRunner().invoke(app, ["chat", "hello", "--email", "ada@example.org", "--password", "correct horse"])
    assert given.exit_code == 2
    assert "No such option: --password" in given.output


@pytest.mark.parametrize("words", [["chat", "hello"], ["account", "show"]])
def test_a_server_s_address_holds_no_password(words: list[str]) -> None:
    address = {"PALAVER_URL": "http://ada:correct-horse@127.0.0.1:1"}
    given = CliRunner().invoke(app, words, env=address)
    assert given.exit_code == 1
    assert "no name or password" in given.output
    assert "correct-horse" not in given.output
