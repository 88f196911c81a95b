"""A service reads the same settings from its environment as it is given inside one process."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from palaver.cli.up.sign_in import SignIn
from palaver.cli.up.wiring import as_environment
from palaver.servicekit.settings import DatabaseSettings, RedisSettings, ServiceSettings, service_config


class Example(ServiceSettings):
    model_config = service_config("an-example")

    database: DatabaseSettings
    redis: RedisSettings
    directory: Path | None = None
    urls: dict[str, str] = Field(default_factory=dict[str, str])
    names: tuple[str, ...] = ()


VALUES = {
    "nats": {"url": "nats://127.0.0.1:1", "nkey_seed": SecretStr("SU-seed")},
    "database": {"url": SecretStr("postgresql://role:secret@127.0.0.1:2/postgres")},
    "redis": {"url": SecretStr("redis://:secret@127.0.0.1:3/0")},
    "drain_seconds": 4.5,
    "directory": Path("/some/where"),
    "urls": {"sim-openai": "http://127.0.0.1:4/openai/v1"},
    "names": ("a", "b"),
}


def test_one_process_or_many_get_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Example(**VALUES)  # pyright: ignore[reportArgumentType]  # pydantic validates plain values
    for name, value in as_environment("an-example", VALUES).items():
        monkeypatch.setenv(name, value)
    assert Example() == inside  # pyright: ignore[reportCallIssue]  # from the environment


def test_an_operator_adds_to_what_the_launcher_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in as_environment("an-example", VALUES).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PALAVER_AN_EXAMPLE_DATABASE__POOL_SIZE", "3")
    settings = Example()  # pyright: ignore[reportCallIssue]  # from the environment
    assert settings.database.pool_size == 3
    assert settings.nats.url == "nats://127.0.0.1:1"


def test_a_sign_in_link_carries_its_code_in_the_fragment_only() -> None:
    sign_in = SignIn()
    before, code = sign_in.link_to("http://127.0.0.1:8080").split("#code=")
    assert before == "http://127.0.0.1:8080/"
    assert code not in repr(sign_in)
    assert code != SignIn().link.code != sign_in.command_line.code
