"""What every wire format offers to the application: read a request, frame an answer, refuse in its own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from palaver.simulator import conversation, models
from palaver.simulator.caching import UNCACHED, CacheUse
from palaver.simulator.conversation import Said
from palaver.simulator.models import SimulatedModel

Trouble = Literal["rate_limit", "quota", "payment_required", "forbidden", "bad_request", "server_error", "overloaded"]
FinishReason = Literal["stop", "length"]


class Refusal(Exception):  # noqa: N818 - an answer of the provider, not a defect of ours
    """The provider says no: its own status, body and headers."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that keeps the wire format's rules. `said` is the whole prompt, system text included.

    `markers`: the indices in `said` behind which the prompt is to be cached. `shows_reasoning`: a summary is asked for.
    """

    model: SimulatedModel
    said: tuple[Said, ...]
    max_tokens: int
    stream: bool
    include_usage: bool
    stop: tuple[str, ...] = ()
    markers: tuple[int, ...] = ()
    shows_reasoning: bool = False

    def question(self) -> str:
        """The newest words of a person."""
        return conversation.read(self.said).question.text


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, before it is framed. `id` is unique per request, deterministic per seed and request."""

    id: str
    created: int
    model_id: str
    pieces: tuple[str, ...]
    finish_reason: FinishReason
    tokens_input: int
    tokens_output: int
    include_usage: bool
    stamped: bool = False
    cache: CacheUse = UNCACHED
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Frames:
    """The framing of one streamed answer: before, around each piece, and after it.

    Where events are numbered, a piece's number stands between `piece_suffix` and `piece_end`.
    """

    prologue: bytes
    piece_prefix: bytes
    piece_suffix: bytes
    epilogue: bytes
    malformed: bytes
    error: bytes
    first_number: int | None = None
    piece_end: bytes = b""

    def piece(self, text: str, index: int) -> bytes:
        """The event of the piece with this index."""
        number = b"" if self.first_number is None else b"%d" % (self.first_number + index)
        return self.piece_prefix + msgspec.json.encode(text) + self.piece_suffix + number + self.piece_end


class Wire(Protocol):
    """One provider's HTTP wire format."""

    protocol: models.Protocol

    def key(self, headers: Mapping[str, str]) -> str:
        """The key that the request carries. Raises Refusal without one."""
        ...

    def bad_key(self, key: str) -> Refusal:
        """The refusal of a key."""
        ...

    def read(self, headers: Mapping[str, str], body: Any, target: Mapping[str, str]) -> ChatRequest:
        """The request, if it keeps the provider's rules. `target` are the URL's parameters. Raises Refusal."""
        ...

    def overflow(self, request: ChatRequest, tokens: int) -> Refusal | None:
        """The refusal if prompt and answer do not fit the window."""
        ...

    def trouble(self, kind: Trouble, retry_after_seconds: float | None) -> Refusal:
        """The provider is not able to answer now."""
        ...

    def frames(self, reply: Reply) -> Frames:
        """The answer as a stream."""
        ...

    def whole(self, reply: Reply) -> Mapping[str, Any]:
        """The answer as one body."""
        ...

    def reply_id(self, entropy: str) -> str:
        """An answer's id in the provider's style, from 32 hex digits."""
        ...

    def response_headers(self, entropy: str) -> Mapping[str, str]:
        """The headers that each answer carries."""
        ...

    def model_list(self) -> Mapping[str, Any]:
        """The list of models."""
        ...
