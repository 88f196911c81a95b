"""Anthropic Messages: rules, error bodies and stream events as that API words them.

Rules from docs.anthropic.com ("Messages", "Errors", "Streaming"); error texts are those recorded from
api.anthropic.com; event shapes are those of `anthropic.types`.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from palaver.simulator import models, parameters
from palaver.simulator.conversation import Said
from palaver.simulator.models import SimulatedModel
from palaver.simulator.wire import ChatRequest, Frames, Refusal, Reply, Trouble

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens"}
_MAX_MARKERS = 4
_MESSAGE_FIELDS = frozenset({"role", "content"})


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    return Refusal(status, {"type": "error", "error": {"type": kind, "message": message}}, headers)


def _invalid(message: str) -> Refusal:
    return _error(400, "invalid_request_error", message)


_REFUSALS: Mapping[Trouble, tuple[int, str, str]] = {
    # platform.claude.com/docs/en/api/errors
    "payment_required": (402, "billing_error", "There is an issue with your billing or payment information."),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "bad_request": (400, "invalid_request_error", "messages: the request cannot be read."),
}


class AnthropicWire:
    """`POST /v1/messages` and `GET /v1/models`."""

    protocol: models.Protocol = "anthropic"

    def key(self, headers: Mapping[str, str]) -> str:
        """The `x-api-key` header, or the bearer token that the SDK sends since its version 2."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = headers.get("x-api-key", "").strip() or (token.strip() if scheme.lower() == "bearer" else "")
        if not key:
            raise _error(401, "authentication_error", "x-api-key header is required")
        return key

    def bad_key(self, key: str) -> Refusal:  # noqa: ARG002 - this API shows nothing of it
        """The refusal of a key."""
        return _error(401, "authentication_error", "invalid x-api-key")

    def read(self, headers: Mapping[str, str], body: Any, target: Mapping[str, str]) -> ChatRequest:  # noqa: ARG002
        """Version header, known model and fields, `max_tokens`, roles, first and last role, text, cache marks."""
        if "anthropic-version" not in headers:
            raise _invalid("anthropic-version: header is required")
        if not isinstance(body, dict):
            raise _invalid("The request body is not valid JSON")
        fields = cast("dict[str, Any]", body)
        model_id = fields.get("model")
        if not isinstance(model_id, str) or not model_id:
            raise _invalid("model: Field required")
        model = models.find(model_id, self.protocol)
        if model is None:
            raise _error(404, "not_found_error", f"model: {model_id}")
        _check_fields(fields, parameters.ANTHROPIC_MESSAGES)
        limit = _limit(fields.get("max_tokens"), model)
        _check_sampling(fields.get("temperature"), fields.get("top_p"))
        said = _messages(fields.get("messages"), model)
        system = _system(fields.get("system"))
        return ChatRequest(
            model,
            (*system, *said),
            limit,
            stream=bool(fields.get("stream")),
            include_usage=True,
            stop=tuple(fields.get("stop_sequences") or ()),
            markers=_markers(fields),
        )

    def overflow(self, request: ChatRequest, tokens: int) -> Refusal | None:
        """The prompt alone must fit, and prompt plus `max_tokens` too."""
        window = request.model.window
        if tokens > window:
            return _invalid(f"prompt is too long: {tokens} tokens > {window} maximum")
        if tokens + request.max_tokens > window:
            return _invalid(
                f"input length and `max_tokens` exceed context limit: {tokens} + {request.max_tokens} > {window},"
                " decrease input length or `max_tokens` and try again"
            )
        return None

    def trouble(self, kind: Trouble, retry_after_seconds: float | None) -> Refusal:
        """As the API words its own difficulties."""
        if kind == "rate_limit":
            headers = {} if retry_after_seconds is None else {"retry-after": f"{retry_after_seconds:g}"}
            return _error(429, "rate_limit_error", "This request would exceed your rate limit.", headers)
        if kind == "quota":
            return _invalid(
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade"
                " or purchase credits."
            )
        if kind in _REFUSALS:
            return _error(*_REFUSALS[kind])
        if kind == "overloaded":
            return _error(529, "overloaded_error", "Overloaded")
        return _error(500, "api_error", "Internal server error")

    def frames(self, reply: Reply) -> Frames:
        """`message_start`, one text block between `start` and `stop` with a `ping`, `message_delta`, `message_stop`."""
        usage = {
            **_prompt_usage(reply),
            "output_tokens": 1,
            "service_tier": "standard",
        }
        message: dict[str, Any] = {
            "model": reply.model_id,
            "id": reply.id,
            "type": "message",
            "role": "assistant",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage if reply.include_usage else {"input_tokens": 0, "output_tokens": 0},
        }
        end: dict[str, Any] = {
            "type": "message_delta",
            "delta": {"stop_reason": _STOP_REASONS[reply.finish_reason], "stop_sequence": None},
        }
        if reply.include_usage:
            end["usage"] = {**_prompt_usage(reply), "output_tokens": reply.tokens_output}
        marker = "\u0000"
        delta = _event(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": marker}},
        )
        prefix, suffix = delta.split(msgspec.json.encode(marker))
        overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        return Frames(
            prologue=_event({"type": "message_start", "message": message})
            + _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
            + _event({"type": "ping"}),
            piece_prefix=prefix,
            piece_suffix=suffix,
            epilogue=_event({"type": "content_block_stop", "index": 0})
            + _event(end)
            + _event({"type": "message_stop"}),
            malformed=b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"ty\n\n',
            error=_event(overloaded),
        )

    def whole(self, reply: Reply) -> Mapping[str, Any]:
        """A `message` object."""
        return {
            "model": reply.model_id,
            "id": reply.id,
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "".join(reply.pieces)}],
            "stop_reason": _STOP_REASONS[reply.finish_reason],
            "stop_sequence": None,
            "usage": {
                **_prompt_usage(reply),
                "output_tokens": reply.tokens_output,
                "service_tier": "standard",
            },
        }

    def reply_id(self, entropy: str) -> str:
        """`msg_01` and 22 characters."""
        return f"msg_01{entropy[:22]}"

    def response_headers(self, entropy: str) -> Mapping[str, str]:
        """The request's id."""
        return {"request-id": f"req_01{entropy[:22]}"}

    def model_list(self) -> Mapping[str, Any]:
        """`GET /v1/models`."""
        data = [
            {
                "type": "model",
                "id": m.id,
                "display_name": m.display_name,
                "created_at": "1970-01-01T00:00:00Z",
                "lifecycle": "active",
                "max_input_tokens": m.window,
                "max_tokens": m.max_output,
            }
            for m in models.of(self.protocol)
        ]
        return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}


def _event(data: Mapping[str, Any]) -> bytes:
    return b"event: " + str(data["type"]).encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


def _prompt_usage(reply: Reply) -> dict[str, int]:
    """`input_tokens` leaves out what the cache read and wrote."""
    cache = reply.cache
    return {
        "input_tokens": max(0, reply.tokens_input - cache.read - cache.written),
        "cache_creation_input_tokens": cache.written,
        "cache_read_input_tokens": cache.read,
    }


def _check_fields(fields: Mapping[str, Any], known: frozenset[str], where: str = "") -> None:
    """github.com/anthropics/claude-code/issues/14135"""
    unknown = next((name for name in fields if name not in known), None)
    if unknown is not None:
        raise _invalid(f"{where}{unknown}: Extra inputs are not permitted")


def _check_sampling(temperature: Any, top_p: Any) -> None:
    """0 to 1: github.com/mnfst/modelparams.dev/pull/238; not both: github.com/BerriAI/litellm/issues/15097"""
    for name, value in (("temperature", temperature), ("top_p", top_p)):
        if value is not None and not 0 <= value <= 1:
            raise _invalid(f"{name}: range: 0..1")
    if temperature is not None and top_p is not None:
        raise _invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def _markers(fields: Mapping[str, Any]) -> tuple[int, ...]:
    """The places of the cache marks, the system text counting as the first place; at most four are allowed.

    github.com/tghamm/Anthropic.SDK/issues/50. Raises Refusal.
    """
    system = fields.get("system")
    contents = [message.get("content") for message in cast("list[dict[str, Any]]", fields.get("messages") or [])]
    places = [*([] if system is None else [system]), *contents]
    marked = [_marks_in(content) for content in places]
    if fields.get("cache_control") is not None:  # automatic: behind the last block that can be cached
        marked[-1] += 1
    if sum(marked) > _MAX_MARKERS:
        raise _invalid(f"A maximum of {_MAX_MARKERS} blocks with cache_control may be provided. Found {sum(marked)}.")
    return tuple(place for place, marks in enumerate(marked) if marks)


def _marks_in(content: Any) -> int:
    if not isinstance(content, list):
        return 0
    return sum(block.get("cache_control") is not None for block in cast("list[dict[str, Any]]", content))


def _limit(value: Any, model: SimulatedModel) -> int:
    if value is None:
        raise _invalid("max_tokens: Field required")
    if not isinstance(value, int) or value < 1:
        raise _invalid("max_tokens: Input should be greater than or equal to 1")
    if value > model.max_output:
        raise _invalid(
            f"max_tokens: {value} > {model.max_output}, which is the maximum allowed number of output tokens for"
            f" {model.id}"
        )
    return value


def _system(value: Any) -> tuple[Said, ...]:
    if value is None:
        return ()
    return (Said("system", _text(value, "system")),)


def _messages(value: Any, model: SimulatedModel) -> tuple[Said, ...]:
    if not isinstance(value, list):
        raise _invalid("messages: Field required")
    messages = cast("list[dict[str, Any]]", value)
    if not messages:
        raise _invalid("messages: at least one message is required")
    said: list[Said] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ("user", "assistant"):
            raise _invalid(
                f'messages: Unexpected role "{role}". The Messages API accepts a top-level `system` parameter, not'
                ' "system" as an input message role.'
                if role == "system"
                else f"messages.{index}.role: Input should be 'user' or 'assistant'"
            )
        _check_fields(message, _MESSAGE_FIELDS, f"messages.{index}.")
        said.append(Said(role, _text(message.get("content"), f"messages.{index}")))
    if said[0].role != "user":
        raise _invalid('messages: first message must use the "user" role')
    if said[-1].role == "assistant" and not model.prefill:  # github.com/vercel/ai/issues/12296
        raise _invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    if said[-1].role == "assistant" and said[-1].text != said[-1].text.rstrip():
        raise _invalid("messages: final assistant content cannot end with trailing whitespace")
    return tuple(said)


def _text(content: Any, where: str) -> str:
    if isinstance(content, str):
        texts = [content]
    elif isinstance(content, list):
        blocks = cast("list[dict[str, Any]]", content)
        texts = [str(block.get("text", "")) for block in blocks if block.get("type") == "text"]
    else:
        raise _invalid(f"{where}.content: Input should be a valid string")
    if not texts:
        raise _invalid(f"{where}: content must not be empty")
    if any(not text for text in texts):
        raise _invalid(f"{where}: text content blocks must be non-empty")
    if any(not text.strip() for text in texts):
        raise _invalid(f"{where}: text content blocks must contain non-whitespace text")
    return "\n".join(texts)
