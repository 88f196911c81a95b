"""OpenAI Chat Completions: rules, error bodies and stream chunks as that API words them.

Error texts are those recorded from api.openai.com; chunk shapes are those of `openai.types.chat`.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from palaver.simulator import models
from palaver.simulator.conversation import Said
from palaver.simulator.wire import ChatRequest, Frames, Refusal, Reply, Trouble

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_FINGERPRINT = "fp_simulator"
_VISIBLE_KEY_CHARACTERS = 4


def _error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Refusal(status, body, headers)


class OpenAIWire:
    """`POST /chat/completions` and `GET /models`."""

    protocol: models.Protocol = "openai"

    def key(self, headers: Mapping[str, str]) -> str:
        """The bearer token."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise _error(
                401,
                "You didn't provide an API key. You need to provide your API key in an Authorization header using"
                " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            )
        return key.strip()

    def bad_key(self, key: str) -> Refusal:
        """The real API shows a part of the key in its answer, so whoever forwards the text leaks it."""
        shown = f"{key[:_VISIBLE_KEY_CHARACTERS]}{'*' * 8}{key[-_VISIBLE_KEY_CHARACTERS:]}"
        return _error(
            401,
            f"Incorrect API key provided: {shown}. You can find your API key at"
            " https://platform.openai.com/account/api-keys.",
            code="invalid_api_key",
        )

    def read(self, headers: Mapping[str, str], body: Any) -> ChatRequest:  # noqa: ARG002 - nothing in them is needed
        """Known model, known roles, at least one message, text content."""
        if not isinstance(body, dict):
            raise _error(400, "We could not parse the JSON body of your request.")
        fields = cast("dict[str, Any]", body)
        model_id = fields.get("model")
        if not isinstance(model_id, str) or not model_id:
            raise _error(400, "you must provide a model parameter")
        model = models.find("openai", model_id)
        if model is None:
            raise _error(
                404,
                f"The model `{model_id}` does not exist or you do not have access to it.",
                code="model_not_found",
            )
        said = _messages(fields.get("messages"))
        limit = fields.get("max_completion_tokens") or fields.get("max_tokens") or model.max_output
        if not isinstance(limit, int) or limit < 1 or limit > model.max_output:
            raise _error(
                400,
                f"max_tokens is too large: {limit}. This model supports at most {model.max_output} completion tokens.",
                param="max_tokens",
                code="invalid_value",
            )
        options = cast("dict[str, Any]", fields.get("stream_options") or {})
        stream = bool(fields.get("stream"))
        if options and not stream:
            raise _error(
                400,
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                param="stream_options",
            )
        stop = fields.get("stop") or ()
        return ChatRequest(
            model,
            said,
            limit,
            stream,
            include_usage=not stream or bool(options.get("include_usage")),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
        )

    def overflow(self, request: ChatRequest, tokens: int) -> Refusal | None:
        """The prompt alone must fit; the answer is cut at the window's end."""
        window = request.model.window
        if tokens < window:
            return None
        return _error(
            400,
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens}"
            " tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )

    def trouble(self, kind: Trouble, retry_after_seconds: float) -> Refusal:
        """As the API words its own difficulties; it knows no 529 and says 503."""
        if kind == "rate_limit":
            return _error(
                429,
                f"Rate limit reached for requests. Please try again in {retry_after_seconds:g}s.",
                kind="requests",
                code="rate_limit_exceeded",
                headers={
                    "retry-after": f"{retry_after_seconds:g}",
                    "retry-after-ms": str(round(retry_after_seconds * 1000)),
                },
            )
        if kind == "quota":
            return _error(
                429,
                "You exceeded your current quota, please check your plan and billing details.",
                kind="insufficient_quota",
                code="insufficient_quota",
            )
        if kind == "overloaded":
            return _error(503, "The engine is currently overloaded, please try again later.", kind="server_error")
        return _error(
            500, "The server had an error while processing your request. Sorry about that!", kind="server_error"
        )

    def frames(self, reply: Reply) -> Frames:
        """Role chunk, content chunks, finish chunk, usage chunk without choices, `[DONE]`."""
        head = {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created,
            "model": reply.model_id,
            "service_tier": "default",
            "system_fingerprint": _FINGERPRINT,
        }
        usage: dict[str, Any] = {"usage": None} if reply.include_usage else {}

        def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return _event({**head, "choices": [choice], **usage})

        marker = "\u0000"
        prefix, suffix = chunk({"content": marker}).split(msgspec.json.encode(marker))
        epilogue = chunk({}, reply.finish_reason)
        if reply.include_usage:
            epilogue += _event({**head, "choices": [], "usage": _usage(reply)})
        broken = self.trouble("server_error", 0).body
        return Frames(
            prologue=chunk({"role": "assistant", "content": "", "refusal": None}),
            piece_prefix=prefix,
            piece_suffix=suffix,
            epilogue=epilogue + b"data: [DONE]\n\n",
            malformed=b'data: {"id":"' + reply.id.encode() + b'","choices":[{"index":0,"delta":{"conte\n\n',
            error=_event(broken),
        )

    def whole(self, reply: Reply) -> Mapping[str, Any]:
        """A `chat.completion` object."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(reply.pieces),
            "refusal": None,
            "annotations": [],
        }
        return {
            "id": reply.id,
            "object": "chat.completion",
            "created": reply.created,
            "model": reply.model_id,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}],
            "usage": _usage(reply),
            "service_tier": "default",
            "system_fingerprint": _FINGERPRINT,
        }

    def reply_id(self, entropy: str) -> str:
        """`chatcmpl-` and 29 characters."""
        return f"chatcmpl-{entropy[:29]}"

    def response_headers(self, entropy: str) -> Mapping[str, str]:
        """The request's id and the API version."""
        return {"x-request-id": f"req_{entropy}", "openai-version": "2020-10-01"}

    def model_list(self) -> Mapping[str, Any]:
        """`GET /models`."""
        data = [{"id": m.id, "object": "model", "created": 0, "owned_by": "simulator"} for m in models.of("openai")]
        return {"object": "list", "data": data}


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.tokens_input,
        "completion_tokens": reply.tokens_output,
        "total_tokens": reply.tokens_input + reply.tokens_output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _messages(value: Any) -> tuple[Said, ...]:
    if not isinstance(value, list):
        raise _error(
            400, "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"
        )
    messages = cast("list[dict[str, Any]]", value)
    if not messages:
        raise _error(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    said: list[Said] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in _ROLES:
            raise _error(
                400,
                f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool',"
                " and 'developer'.",
                param=f"messages[{index}].role",
                code="invalid_value",
            )
        said.append(Said(role, _text(message.get("content"), index)))
    return tuple(said)


def _text(content: Any, index: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "\n".join(str(part["text"]) for part in parts if part.get("type") == "text" and "text" in part)
    raise _error(
        400,
        f"Invalid value for 'content': expected a string, got {'null' if content is None else 'an object'}.",
        param=f"messages.[{index}].content",
    )
