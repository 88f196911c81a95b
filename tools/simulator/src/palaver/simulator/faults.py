"""What can go wrong on purpose: faults and scripted replies, armed for the next requests of a model. Bounded."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

ANY_MODEL = "*"

FaultKind = Literal[
    "rate_limit",  # 429 with Retry-After, or without it where `retry_after_seconds` is null
    "quota",  # 429 (OpenAI: insufficient_quota) or 400 (Anthropic: credit balance)
    "payment_required",  # 402, as others say it
    "invalid_key",  # 401 (Gemini: 400)
    "forbidden",  # 403
    "bad_request",  # 400 for something in the request
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
    key: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")
    """Only for requests with this key, named as in a record: the first 16 hex digits of its SHA-256."""
    from_seconds: float = Field(default=0.0, ge=0)
    """Not before so long after it was armed."""
    for_seconds: float | None = Field(default=None, gt=0)
    """Not later than so long after that."""


class Fault(_Armed):
    """One way to misbehave, for the next `count` requests of `model`."""

    kind: FaultKind
    retry_after_seconds: float | None = Field(default=1.0, ge=0)
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


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request, as far as it matters to what is armed."""

    model: str
    question: Callable[[], str] = str
    key: str | None = None


class _ForModel(Protocol):
    @property
    def model(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def about(self) -> str | None: ...

    @property
    def key(self) -> str | None: ...

    @property
    def from_seconds(self) -> float: ...

    @property
    def for_seconds(self) -> float | None: ...


T = TypeVar("T", bound=_ForModel)


class Armoury(Generic[T]):
    """Armed things in the order of arming; each is handed out `count` times to requests that it is meant for."""

    def __init__(self, max_armed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_armed = max_armed
        self._clock = clock
        self._armed: list[tuple[T, int, float]] = []

    def arm(self, item: T) -> None:
        """Arm it behind the others. Raises ValueError when as many are armed as allowed."""
        self._drop_past()
        if len(self._armed) >= self._max_armed:
            raise ValueError(f"{self._max_armed} are armed already")
        self._armed.append((item, item.count, self._clock()))

    def take(self, occasion: Occasion) -> T | None:
        """The next one for this request; it is used up by one."""
        self._drop_past()
        for index, (item, left, since) in enumerate(self._armed):
            if self._clock() >= since + item.from_seconds and _meant_for(item, occasion):
                if left > 1:
                    self._armed[index] = (item, left - 1, since)
                else:
                    del self._armed[index]
                return item
        return None

    def armed(self) -> list[tuple[T, int]]:
        """What is armed, and for how many more requests."""
        self._drop_past()
        return [(item, left) for item, left, _ in self._armed]

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def _drop_past(self) -> None:
        now = self._clock()
        self._armed = [
            (item, left, since)
            for item, left, since in self._armed
            if item.for_seconds is None or now < since + item.from_seconds + item.for_seconds
        ]


def _meant_for(item: _ForModel, occasion: Occasion) -> bool:
    return (
        item.model in {occasion.model, ANY_MODEL}
        and item.key in {None, occasion.key}
        and (item.about is None or item.about in occasion.question())
    )
