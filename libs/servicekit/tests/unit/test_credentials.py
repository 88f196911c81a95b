"""No service starts on default, weak or missing passwords of servers elsewhere."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from palaver.servicekit.credentials import weakness_of
from palaver.servicekit.settings import (
    DatabaseSettings,
    RedisSettings,
    ServiceSettings,
    mistakes,
    service_config,
)

STRONG = "Vq3xT9mLw2RzK8"
PLACES = {"database": "postgresql", "redis": "redis", "nats": "nats"}


class Settings(ServiceSettings):
    model_config = service_config("session")

    database: DatabaseSettings = DatabaseSettings(url=SecretStr("postgresql://x@127.0.0.1/x"))
    redis: RedisSettings = RedisSettings(url=SecretStr("redis://127.0.0.1"))


def refused(**values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(values)
    return "\n".join(mistakes(Settings, caught.value))


@pytest.mark.parametrize("part", PLACES)
@pytest.mark.parametrize(
    "credentials",
    [
        "postgres:postgres",
        "palaver:palaver",
        "palaver-session:palaver-session",
        "app:mysecretpassword",
        "app:aaaaaaaaaaaaaaaa",
        "app:short",
        "app:short%20one",
        ":password1234",
    ],
)
def test_a_default_or_weak_password_of_a_server_elsewhere_is_refused_without_showing_it(
    part: str, credentials: str
) -> None:
    said = refused(**{part: {"url": f"{PLACES[part]}://{credentials}@db.example.org:1234/x"}})
    assert f"{part}.url" in said
    assert "default or weak" in said
    assert credentials.partition(":")[2] not in said


@pytest.mark.parametrize("url", ["nats://nats:4222", "nats://127.0.0.1:4222,nats://10.0.0.7:4222", "tls://token@nats"])
def test_a_broker_elsewhere_needs_an_nkey_or_a_password(url: str) -> None:
    assert "no password" in refused(nats={"url": url})
    assert Settings.model_validate({"nats": {"url": url, "nkey_seed": "SUA"}}).nats.url == url


@pytest.mark.parametrize("url", ["redis://cache", "redis://cache/0", "rediss://user@cache:6380"])
def test_redis_elsewhere_needs_a_password(url: str) -> None:
    assert "no password" in refused(redis={"url": url})


@pytest.mark.parametrize("url", [f"postgresql://app:{STRONG}@db/x", "postgresql://app@db/x?sslmode=verify-full"])
def test_a_strong_password_or_a_certificate_will_do(url: str) -> None:
    assert Settings.model_validate({"database": {"url": url}}).database.url.get_secret_value() == url


@pytest.mark.parametrize("part", PLACES)
@pytest.mark.parametrize("place", ["127.0.0.1", "127.8.8.8:99", "localhost", "[::1]:1"])
def test_on_this_machine_anything_goes(part: str, place: str) -> None:
    Settings.model_validate({part: {"url": f"{PLACES[part]}://postgres:postgres@{place}/x"}})


def test_a_socket_is_on_this_machine_and_a_host_parameter_counts() -> None:
    assert weakness_of("postgresql://a:a@/x?host=/run/postgresql", password_needed=True) is None
    assert weakness_of("postgresql://a:a@/x?host=db.example.org", password_needed=True) is not None
    assert weakness_of("postgresql://a:a@localhost/x?host=db.example.org", password_needed=True) is not None
