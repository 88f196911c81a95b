"""What a service says of its own numbers: those in force, under the names that set them, and no secret."""

from decimal import Decimal

from pydantic import BaseModel, SecretStr

from palaver.servicekit.configured import configured
from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, service_config


class Retry(BaseModel):
    attempts: int = 3
    hosts: tuple[str, ...] = ()


class Own(ServiceSettings):
    model_config = service_config("some-thing")

    database: DatabaseSettings
    key: SecretStr = SecretStr("hidden")
    max_things: int = 10
    daily_limit_usd: Decimal | None = None
    enabled: bool = True
    retry: Retry = Retry()


def test_numbers_are_told_as_they_are_set_and_nothing_else() -> None:
    settings = Own.model_validate(
        {
            "database": {"url": "postgresql://somebody:a-password-of-some-length@127.0.0.1/x"},
            "max_things": 7,
            "daily_limit_usd": "1.5",
        }
    )
    assert {(one.name, one.value, one.setting) for one in configured(settings, "some-thing")} == {
        ("MAX_THINGS", 7, "PALAVER_SOME_THING_MAX_THINGS"),
        ("DAILY_LIMIT_USD", 1.5, "PALAVER_SOME_THING_DAILY_LIMIT_USD"),
        ("ATTEMPTS", 3, "PALAVER_SOME_THING_RETRY__ATTEMPTS"),
    }
