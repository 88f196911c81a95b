"""A mistake in the environment is one line that names the variable, whichever command meets it."""

import pytest
from typer.testing import CliRunner

from palaver.cli.main import app
from palaver.cli.settings import UpSettings, read


@pytest.mark.parametrize("command", [["up"], ["doctor"], ["chat", "Hello"]])
def test_every_command_names_the_variable_that_is_wrong(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_PORT", "eighty-eighty")
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert done.stderr.startswith("PALAVER_PORT: Input should be a valid integer")
    assert done.stderr.count("\n") == 1


def test_a_nested_setting_is_named_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_ADMIN_NATS__PUBLISH_TIMEOUT_SECONDS", "-1")
    done = CliRunner().invoke(app, ["migrate"])
    assert done.stderr == "PALAVER_ADMIN_NATS__PUBLISH_TIMEOUT_SECONDS: Input should be greater than 0\n"


def test_what_the_launcher_logs_is_set_like_the_services_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TELEMETRY__LOG_LEVEL", "warning")
    assert read(UpSettings).telemetry.log_level == "warning"
