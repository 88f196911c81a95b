"""What can go wrong on purpose: faults and scripted replies, armed for the next requests of a model. Bounded."""

from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

ANY_MODEL = "*"

FaultKind = Literal[
    "rate_limit",  # 429 with Retry-After
    "quota",  # 429 (OpenAI: insufficient_quota) or 400 (Anthropic: credit balance)
    "server_error",  # 500
    "overloaded",  # 529 (OpenAI: 503)
    "slow_first_token",  # `seconds` before the first token
    "stall",  # silence of `seconds` after `after_tokens`, then the stream goes on
    "cut",  # the connection closes after `after_tokens`
    "malformed_event",  # an event that is no JSON after `after_tokens`, then the stream goes on
    "error_event",  # the provider's own error event after `after_tokens` ends the stream
    "split_utf8",  # the bytes of the whole stream arrive cut in the middle of characters and events
    "no_usage",  # the stream reports no usage
]


class _Armed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = ANY_MODEL
    count: int = Field(default=1, ge=1, le=100_000)
    """For how many requests."""
    about: str | None = Field(default=None, max_length=1_000)
    """Only for requests whose question, the newest words of a person, contains this."""


class Fault(_Armed):
    """One way to misbehave, for the next `count` requests of `model`."""

    kind: FaultKind
    retry_after_seconds: float = Field(default=1.0, ge=0)
    after_tokens: int = Field(default=0, ge=0)
    seconds: float = Field(default=3_600.0, ge=0)


class Script(_Armed):
    """What `model` answers to its next `count` requests. A pace given here is not scaled by the speed factor."""

    text: str = Field(max_length=4_000_000)
    first_token_seconds: float | None = Field(default=None, ge=0)
    tokens_per_second: float | None = Field(default=None, gt=0)
    burst: int = Field(default=1, ge=1)
    """So many pieces come at once, and then nothing for as long as they should have taken."""
    stamped: bool = False
    """Each piece is followed by `@`, the microseconds of the system's monotonic clock when it is sent, and `;`."""


class _ForModel(Protocol):
    @property
    def model(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def about(self) -> str | None: ...


T = TypeVar("T", bound=_ForModel)


class Armoury(Generic[T]):
    """Armed things in the order of arming; each is handed out `count` times to requests of its model."""

    def __init__(self, max_armed: int) -> None:
        self._max_armed = max_armed
        self._armed: list[tuple[T, int]] = []

    def arm(self, item: T) -> None:
        """Arm it behind the others. Raises ValueError when as many are armed as allowed."""
        if len(self._armed) >= self._max_armed:
            raise ValueError(f"{self._max_armed} are armed already")
        self._armed.append((item, item.count))

    def take(self, model: str, question: Callable[[], str] = str) -> T | None:
        """The next one for a request of this model with this question; it is used up by one."""
        for index, (item, left) in enumerate(self._armed):
            if item.model in {model, ANY_MODEL} and (item.about is None or item.about in question()):
                if left > 1:
                    self._armed[index] = (item, left - 1)
                else:
                    del self._armed[index]
                return item
        return None

    def armed(self) -> list[tuple[T, int]]:
        """What is armed, and for how many more requests."""
        return list(self._armed)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()
