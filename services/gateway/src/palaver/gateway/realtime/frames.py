"""Client frames: from one WebSocket text frame to valid requests, or to the error that each invalid one gets. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from palaver.contracts.client_protocol import Ack, ClientFrame, ClientRequest, Error, Pong
from palaver.contracts.failures import ErrorCode, Failure, FailureBody
from palaver.contracts.ids import SessionId
from palaver.contracts.subjects import Payload

MAX_FRAMES_PER_BATCH = 100
"""Objects in one array; a reconnecting client attaches at most as many sessions at once."""
MAX_REPORTED_PROBLEMS = 5
MAX_ECHO_CHARACTERS = 64

_FRAME: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
_KINDS: tuple[type[ClientRequest], ...] = get_args(get_args(ClientFrame)[0])
_KNOWN_TYPES = frozenset(kind.model_fields["type"].default for kind in _KINDS)


@dataclass(frozen=True, slots=True)
class Echo:
    """What an answer repeats of its request, so that the client can tell what it belongs to."""

    id: str | None = None
    session_id: str | None = None
    client_message_id: str | None = None

    @classmethod
    def of(cls, raw: object) -> "Echo":
        """From an unchecked frame; only short strings are repeated."""
        if not isinstance(raw, dict):
            return cls()
        fields = cast("dict[str, Any]", raw)
        return cls(*(_short(fields.get(name)) for name in ("id", "session_id", "client_message_id")))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A frame that cannot be served, and why."""

    echo: Echo
    failure: Failure


@dataclass(frozen=True, slots=True)
class Request:
    """A valid frame."""

    echo: Echo
    frame: ClientRequest


def parse(text: str | bytes) -> Iterator[Request | Rejected]:
    """Every object of one WebSocket frame in order; never raises."""
    try:
        raw = from_json(text, allow_inf_nan=False)
    except ValueError:
        yield Rejected(Echo(), Failure(ErrorCode.VALIDATION_FAILED, "This frame is not JSON."))
        return
    if not isinstance(raw, list):
        yield _parse_one(raw)
        return
    batch = cast("list[object]", raw)
    if len(batch) > MAX_FRAMES_PER_BATCH:
        failure = Failure(
            ErrorCode.VALIDATION_FAILED, "This batch has too many frames.", max_frames=MAX_FRAMES_PER_BATCH
        )
        yield Rejected(Echo(), failure)
        return
    for item in batch:
        yield _parse_one(item)


def _parse_one(raw: object) -> Request | Rejected:
    echo = Echo.of(raw)
    if not isinstance(raw, dict):
        return Rejected(echo, Failure(ErrorCode.VALIDATION_FAILED, "A frame is a JSON object with a type."))
    kind = cast("dict[str, Any]", raw).get("type")
    if not isinstance(kind, str) or kind not in _KNOWN_TYPES:
        return Rejected(echo, Failure(ErrorCode.UNKNOWN_TYPE, "The server does not know this type of frame."))
    try:
        return Request(echo, _FRAME.validate_python(raw))
    except ValidationError as error:
        return Rejected(echo, _failure_of(error))


def _failure_of(error: ValidationError) -> Failure:
    problems = [
        {"field": ".".join(str(part) for part in problem["loc"][1:]), "problem": problem["type"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Failure(
        ErrorCode.VALIDATION_FAILED, "A field of this frame is not valid.", problems=problems[:MAX_REPORTED_PROBLEMS]
    )


def _short(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ECHO_CHARACTERS else None


# ---- answers ---------------------------------------------------------------------------------------------------------
def encode(frame: Payload) -> bytes:
    """A server frame without its empty fields. Not for frames with fields that must be null, like rooms."""
    return frame.model_dump_json(exclude_none=True).encode()


def ack(echo: Echo) -> bytes:
    """The request was taken."""
    return encode(Ack(id=echo.id))


def pong(echo: Echo) -> bytes:
    """The answer to `ping`."""
    return encode(Pong(id=echo.id))


def error(echo: Echo, body: FailureBody) -> bytes:
    """Something was refused."""
    return encode(
        Error(
            **dict(body),
            id=echo.id,
            session_id=None if echo.session_id is None else SessionId(echo.session_id),
            client_message_id=echo.client_message_id,
        )
    )
