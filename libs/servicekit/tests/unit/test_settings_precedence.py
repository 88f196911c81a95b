"""Where a setting's value comes from."""

from typing import Self

import pytest
from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings

from palaver.servicekit.main import load
from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, mistakes, service_config


class RouterSettings(ServiceSettings):
    model_config = service_config("model-router")

    database: DatabaseSettings
    max_turns: int = 5


@pytest.fixture(autouse=True)
def shared_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_DATABASE__URL", "postgresql://all:hush@localhost/p")


def test_the_shared_variable_serves_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_NATS__URL", "nats://shared:4222")
    monkeypatch.setenv("PALAVER_NATS__NKEY_SEED", "SUA-not-a-real-one")
    assert RouterSettings().nats.url == "nats://shared:4222"  # pyright: ignore[reportCallIssue]  # from environment


def test_the_services_own_variable_wins_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_NATS__URL", "nats://shared:4222")
    monkeypatch.setenv("PALAVER_NATS__NKEY_SEED", "SUA-not-a-real-one")
    monkeypatch.setenv("PALAVER_NATS__PING_INTERVAL_SECONDS", "3")
    monkeypatch.setenv("PALAVER_MODEL_ROUTER_NATS__URL", "nats://own:4222")
    monkeypatch.setenv("PALAVER_MODEL_ROUTER_MAX_TURNS", "7")
    monkeypatch.setenv("PALAVER_SESSION_NATS__URL", "nats://other:4222")
    settings = RouterSettings()  # pyright: ignore[reportCallIssue]  # from environment
    assert settings.nats.url == "nats://own:4222"
    assert settings.nats.ping_interval_seconds == 3
    assert settings.nats.connect_timeout_seconds == 2.0
    assert settings.max_turns == 7


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_MODEL_ROUTER_MAX_TURNS", "7")
    database = DatabaseSettings.model_validate({"url": "postgresql://x"})
    assert RouterSettings(database=database, max_turns=9).max_turns == 9


def test_settings_know_their_service() -> None:
    assert RouterSettings.service_name() == "model-router"


def test_settings_cannot_be_changed() -> None:
    settings = RouterSettings()  # pyright: ignore[reportCallIssue]  # from environment
    with pytest.raises(ValidationError, match="frozen"):
        settings.max_turns = 8


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hush" not in repr(RouterSettings())  # pyright: ignore[reportCallIssue]  # from environment
    monkeypatch.setenv("PALAVER_DATABASE__POOL_SIZE", "hush-hush")
    with pytest.raises(ValidationError) as caught:
        RouterSettings()  # pyright: ignore[reportCallIssue]  # from environment
    assert "hush" not in str(caught.value)


class TwoKeys(BaseSettings):
    model_config = service_config("two-keys")

    first: str = "a"
    second: str = "b"

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.first == self.second:
            raise ValueError("The two keys must differ.")
        return self


def test_a_rule_between_settings_is_told_without_a_variable_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALAVER_TWO_KEYS_FIRST", "b")
    with pytest.raises(ValidationError) as caught:
        TwoKeys()
    assert mistakes(TwoKeys, caught.value) == ["PALAVER_TWO_KEYS: The two keys must differ."]


def test_a_mistake_becomes_one_clear_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PALAVER_DATABASE__POOL_SIZE", "hush-hush")
    assert load(RouterSettings) is None
    said = capsys.readouterr().err
    assert said.startswith("PALAVER_MODEL_ROUTER_DATABASE__POOL_SIZE: ")
    assert "hush" not in said
