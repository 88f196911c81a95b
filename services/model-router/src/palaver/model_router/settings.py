"""What can be set about the model workers; the only file here that reads the environment (`PALAVER_MODEL_ROUTER_…`)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from palaver.contracts.limits import TURN_DEADLINE_SECONDS
from palaver.servicekit.settings import ServiceSettings, service_config


class LimitSettings(BaseModel):
    """All times and bounds of a turn, in one place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_turns: int = Field(100, gt=0, description="Turns that one worker runs at once.")
    max_held: int = Field(400, gt=0, description="Turns kept in memory, those included whose end is not confirmed.")
    turn_seconds: float = Field(TURN_DEADLINE_SECONDS, gt=0, description="A whole turn; an order may allow less.")
    first_token_seconds: float = Field(180.0, gt=0, description="From a request to its first token; models may think.")
    gap_seconds: float = Field(60.0, gt=0, description="Silence inside a stream.")
    connect_seconds: float = Field(10.0, gt=0, description="Connecting to a provider.")
    max_answer_characters: int = Field(
        256 * 1024,
        gt=0,
        le=1024**2,
        description="Where an answer ends at the latest; ten of them fit into one message.",
    )
    flush_window_seconds: float = Field(0.02, ge=0, description="At most one delta per turn leaves in this time.")


class RetrySettings(BaseModel):
    """Provider calls of one attempt at a turn; only before the first token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_calls: int = Field(4, gt=0)
    first_pause_seconds: float = Field(0.5, gt=0)
    longest_pause_seconds: float = Field(8.0, gt=0)
    longest_retry_after_seconds: float = Field(60.0, gt=0, description="A provider that asks for more is given up.")


class Settings(ServiceSettings):
    """The model-router's settings."""

    model_config = service_config("model-router")

    catalogue_file: Path | None = Field(None, description="TOML like catalogue.toml; adds entries, replaces by id.")
    base_urls: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Provider id to base URL, e.g. {'sim-openai': 'http://…/openai/v1'}.",
    )
    limits: LimitSettings = LimitSettings()  # pyright: ignore[reportCallIssue]  # Field defaults, unseen by pyright
    retry: RetrySettings = RetrySettings()  # pyright: ignore[reportCallIssue]  # as above
