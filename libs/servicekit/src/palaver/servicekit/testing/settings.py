"""What the environment may say about tests."""

from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class InfraSettings(BaseSettings):
    """`PALAVER_TEST_INFRA` says where the servers of component tests run."""

    model_config = SettingsConfigDict(env_prefix="PALAVER_TEST_", frozen=True)

    infra: Literal["embedded", "docker"] = "embedded"
