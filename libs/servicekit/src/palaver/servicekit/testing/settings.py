"""What the environment may say about tests."""

from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class InfraSettings(BaseSettings):
    """`PALAVER_TEST_INFRA` says where the servers of component tests run; the images are for `docker` only."""

    model_config = SettingsConfigDict(env_prefix="PALAVER_TEST_", frozen=True)

    infra: Literal["embedded", "docker"] = "embedded"
    nats_image: str = "nats:2.14"
    postgres_image: str = "postgres:18"
    valkey_image: str = "valkey/valkey:9"
