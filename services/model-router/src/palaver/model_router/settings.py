"""What can be set about the model workers; the only file here that reads the environment (`PALAVER_MODEL_ROUTER_…`)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from palaver.contracts import limits
from palaver.servicekit.settings import DatabaseSettings, RedisSettings, ServiceSettings, service_config


class LimitSettings(BaseModel):
    """All times and bounds of a turn, in one place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_turns: int = Field(100, gt=0, description="Turns that one worker runs at once.")
    max_held: int = Field(400, gt=0, description="Turns kept in memory, those included whose end is not confirmed.")
    max_provider_calls: int = Field(
        limits.MAX_PROVIDER_CALLS,
        gt=0,
        description="Calls of one provider that one worker makes at once; more wait, payers in turn.",
    )
    max_side_jobs: int = Field(8, gt=0, description="Side jobs that one worker runs at once, beside its turns.")
    turn_seconds: float = Field(
        limits.TURN_DEADLINE_SECONDS, gt=0, description="A whole turn; an order may allow less."
    )
    completion_seconds: float = Field(
        limits.COMPLETION_SECONDS, gt=0, le=limits.TURN_DEADLINE_SECONDS, description="A whole side job."
    )
    call_seconds: float = Field(limits.CALL_SECONDS, gt=0, description="A whole provider call.")
    first_token_seconds: float = Field(
        limits.FIRST_TOKEN_SECONDS, gt=0, description="From a request to its first token; models may think."
    )
    gap_seconds: float = Field(limits.GAP_SECONDS, gt=0, description="Silence inside a stream.")
    connect_seconds: float = Field(limits.CONNECT_SECONDS, gt=0, description="Connecting to a provider.")
    max_answer_characters: int = Field(
        limits.MAX_ANSWER_CHARACTERS,
        gt=0,
        le=1024**2,
        description="Where an answer ends at the latest; ten of them fit into one message.",
    )
    flush_window_seconds: float = Field(
        limits.FLUSH_WINDOW_SECONDS, ge=0, description="At most one delta per turn leaves in this time."
    )

    @model_validator(mode="after")
    def _nested(self) -> Self:
        """A limit that can never be reached would be a promise that nobody keeps."""
        for inner in ("connect_seconds", "first_token_seconds", "gap_seconds"):
            if getattr(self, inner) > self.call_seconds:
                raise ValueError(f"{inner} must not be longer than call_seconds.")
        if self.call_seconds > self.turn_seconds:
            raise ValueError("call_seconds must not be longer than turn_seconds.")
        return self


class RetrySettings(BaseModel):
    """Provider calls of one attempt at a turn; only before the first token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_calls: int = Field(6, gt=0, description="Failed calls of one attempt, over all keys and models.")
    calls_per_endpoint: int = Field(2, gt=0, description="Failures of an endpoint before another one goes first.")
    first_pause_seconds: float = Field(0.5, gt=0)
    longest_pause_seconds: float = Field(8.0, gt=0)
    longest_retry_after_seconds: float = Field(
        60.0, gt=0, description="Waiting in all for what is known to be broken; who would wait longer is told so."
    )


class BreakerSettings(BaseModel):
    """When a provider that fails is left alone by itself. What a key did wrong opens its breaker at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures: int = Field(5, gt=0, description="Failures in the window that open a breaker,")
    share: float = Field(0.5, gt=0, le=1, description="if they are this share of the calls in it.")
    window_seconds: float = Field(30.0, gt=0)
    memory_seconds: float = Field(
        600.0, ge=0, description="One that opens again so soon after it closed stays open for longer."
    )


class AddressSettings(BaseModel):
    """Where a provider may be that an administrator adds over REST. What the operator writes down is trusted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_private_networks: bool = Field(
        default=False, description="Also in private networks; never where machines have their metadata."
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description='Trusted as they are, over http, too: ["vllm.example", "*.svc.cluster.local"].'
    )


class Settings(ServiceSettings):
    """The model-router's settings."""

    model_config = service_config("model-router")

    database: DatabaseSettings
    catalogue_file: Path | None = Field(None, description="TOML like catalogue.toml; adds entries, replaces by id.")
    base_urls: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Provider id to base URL, e.g. {'sim-openai': 'http://…/openai/v1'}.",
    )
    addresses: AddressSettings = AddressSettings()  # pyright: ignore[reportCallIssue]  # as below
    limits: LimitSettings = LimitSettings()  # pyright: ignore[reportCallIssue]  # Field defaults, unseen by pyright
    retry: RetrySettings = RetrySettings()  # pyright: ignore[reportCallIssue]  # as above
    breakers: BreakerSettings = BreakerSettings()  # pyright: ignore[reportCallIssue]  # as above
    redis: RedisSettings | None = Field(
        None, description="Where workers share their breakers; without it each goes by its own view, and what it hears."
    )
