"""OpenAI Chat Completions: rules, error bodies and stream chunks as that API words them.

Error texts are those recorded from api.openai.com; chunk shapes are those of `openai.types.chat`.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from palaver.simulator import models, parameters
from palaver.simulator.conversation import Said
from palaver.simulator.models import SimulatedModel
from palaver.simulator.openai_account import (
    OpenAIAccount,
    check_least,
    check_temperature,
    check_top_p,
    error,
    fields_of,
    model_of,
)
from palaver.simulator.wire import ChatRequest, Frames, Refusal, Reply

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_FINGERPRINT = "fp_simulator"
_NAME = re.compile(r"[a-zA-Z0-9_-]+")


class OpenAIWire(OpenAIAccount):
    """`POST /chat/completions` and `GET /models`."""

    protocol: models.Protocol = "openai"

    def read(self, headers: Mapping[str, str], body: Any, target: Mapping[str, str]) -> ChatRequest:  # noqa: ARG002
        """Known model and parameters, known roles, at least one message, text content."""
        fields = fields_of(body)
        model = model_of(fields)
        unknown = next((name for name in fields if name not in parameters.OPENAI_CHAT), None)
        if unknown is not None:  # github.com/coroot/coroot/issues/698
            raise error(400, f"Unrecognized request argument supplied: {unknown}")
        said = _messages(fields.get("messages"))
        limit = _limit(fields, model)
        check_temperature(fields.get("temperature"), model)
        check_top_p(fields.get("top_p"), model)
        options = cast("dict[str, Any]", fields.get("stream_options") or {})
        stream = bool(fields.get("stream"))
        if options and not stream:
            raise error(
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
        """The prompt must fit; where answer and prompt share the window, both together."""
        window, answer = request.model.window, request.max_tokens
        if (
            request.model.shared_window and tokens + answer > window
        ):  # github.com/XpressAI/xai-gpt-agent-toolkit/issues/4
            return error(
                400,
                f"This model's maximum context length is {window} tokens. However, you requested {tokens + answer}"
                f" tokens ({tokens} in the messages, {answer} in the completion). Please reduce the length of the"
                " messages or completion.",
                param="messages",
                code="context_length_exceeded",
            )
        if tokens < window:
            return None
        return error(
            400,
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens}"
            " tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
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


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.tokens_input,
        "completion_tokens": reply.tokens_output,
        "total_tokens": reply.tokens_input + reply.tokens_output,
        "prompt_tokens_details": {"cached_tokens": reply.cache.read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _limit(fields: Mapping[str, Any], model: SimulatedModel) -> int:
    if (
        model.reasoning and fields.get("max_tokens") is not None
    ):  # github.com/microsoft/vscode-copilot-release/issues/8065
        raise error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
            " instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    given = [(name, fields[name]) for name in ("max_completion_tokens", "max_tokens") if fields.get(name) is not None]
    if not given:
        return min(model.max_output, model.window // 2)
    name, limit = given[0]
    check_least(name, limit, 1)
    if limit > model.max_output:
        raise error(
            400,
            f"max_tokens is too large: {limit}. This model supports at most {model.max_output} completion tokens,"
            f" whereas you provided {limit}.",
            param="max_tokens",
            code="invalid_value",
        )
    return limit


def _messages(value: Any) -> tuple[Said, ...]:
    if not isinstance(value, list):
        raise error(400, "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter")
    messages = cast("list[dict[str, Any]]", value)
    if not messages:
        raise error(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    said: list[Said] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in _ROLES:
            raise error(
                400,
                f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool',"
                " and 'developer'.",
                param=f"messages[{index}].role",
                code="invalid_value",
            )
        _check_name(message.get("name"), index)
        said.append(Said(role, _text(message.get("content"), index)))
    return tuple(said)


def _check_name(name: Any, index: int) -> None:
    """github.com/microsoft/autogen/issues/4157"""
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise error(
            400,
            f"Invalid 'messages[{index}].name': string does not match pattern. Expected a string that matches the"
            " pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"messages[{index}].name",
            code="invalid_value",
        )


def _text(content: Any, index: int) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "\n".join(str(part["text"]) for part in parts if part.get("type") == "text" and "text" in part)
    raise error(
        400,
        f"Invalid value for 'content': expected a string, got {'null' if content is None else 'an object'}.",
        param=f"messages.[{index}].content",
    )
