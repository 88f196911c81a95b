"""Settings: from the environment, with the limits of the mission as defaults."""

import pytest
from pydantic import ValidationError

from palaver.gateway.settings import Settings

KEY = "A" * 43


def environment(monkeypatch: pytest.MonkeyPatch, **extra: str) -> Settings:
    values = {
        "PALAVER_REDIS__URL": "redis://127.0.0.1:1/0",
        "PALAVER_GATEWAY_IDENTITY_KEY__KEY_ID": "i",
        "PALAVER_GATEWAY_IDENTITY_KEY__PUBLIC_KEY": KEY,
        "PALAVER_GATEWAY_KEYVAULT_KEY__KEY_ID": "k",
        "PALAVER_GATEWAY_KEYVAULT_KEY__PUBLIC_KEY": KEY,
        **extra,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()  # pyright: ignore[reportCallIssue]  # from the environment


def test_defaults_are_those_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = environment(monkeypatch)
    assert settings.realtime.heartbeat_seconds == 30
    assert settings.realtime.silence_seconds == 300
    assert settings.max_message_characters == 10_000
    assert settings.realtime.max_frame_bytes == 1024**2
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)


def test_each_can_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = environment(
        monkeypatch,
        PALAVER_PORT="9000",
        PALAVER_GATEWAY_REALTIME__MAX_CONNECTIONS="7",
        PALAVER_GATEWAY_ALLOWED_ORIGINS='["https://chat.example.org"]',
    )
    assert (settings.port, settings.realtime.max_connections) == (9000, 7)
    assert settings.allowed_origins == ("https://chat.example.org",)


def test_silence_shorter_than_two_heartbeats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="twice heartbeat_seconds"):
        environment(monkeypatch, PALAVER_GATEWAY_REALTIME__SILENCE_SECONDS="59")


def test_a_key_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        environment(monkeypatch, PALAVER_GATEWAY_IDENTITY_KEY__PUBLIC_KEY="short")
