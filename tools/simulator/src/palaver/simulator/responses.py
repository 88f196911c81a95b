"""OpenAI Responses: rules, error bodies and stream events as that API words them.

Error texts are those recorded from api.openai.com, in the issues that are named beside them; event shapes are those of
`openai.types.responses`. Nothing is stored, so there is nothing to go on from.
"""

from collections.abc import Iterator, Mapping
from itertools import count
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

MIN_OUTPUT_TOKENS = 16
_ROLES = ("user", "assistant", "system", "developer")
_PARTS = {"assistant": ("output_text", "refusal")}
_USER_PARTS = ("input_text", "input_image", "input_file")
_ITEM_FIELDS = frozenset({"role", "content", "type", "phase", "id", "status"})
_MOVED = {"messages": "input", "max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens"}


class ResponsesWire(OpenAIAccount):
    """`POST /responses`."""

    protocol: models.Protocol = "openai-responses"

    def read(self, headers: Mapping[str, str], body: Any, target: Mapping[str, str]) -> ChatRequest:  # noqa: ARG002
        """Known model and parameters, known roles and parts, some input, a limit that is not too small."""
        fields = fields_of(body)
        model = model_of(fields)
        _check_parameters(fields)
        check_temperature(fields.get("temperature"), model)
        check_top_p(fields.get("top_p"), model)
        instructions = fields.get("instructions")
        reasoning = cast("dict[str, Any]", fields.get("reasoning") or {})
        return ChatRequest(
            model,
            (*((Said("system", str(instructions)),) if instructions else ()), *_input(fields)),
            _limit(fields.get("max_output_tokens"), model),
            bool(fields.get("stream")),
            include_usage=True,
            shows_reasoning=reasoning.get("summary") is not None,
        )

    def overflow(self, request: ChatRequest, tokens: int) -> Refusal | None:
        """The prompt must fit: github.com/the-open-agent/openagent/issues/2344"""
        if tokens < request.model.window:
            return None
        return error(
            400,
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            param="input",
            code="context_length_exceeded",
        )

    def frames(self, reply: Reply) -> Frames:
        """The response's creation, a summary of the reasoning if asked for, one text item, the completed response."""
        numbers = count()
        begun = _response(reply, "in_progress", [])
        events = [
            _event(numbers, "response.created", response=begun),
            _event(numbers, "response.in_progress", response=begun),
            *_reasoning_events(reply, numbers),
        ]
        place: dict[str, Any] = {"item_id": _item_id(reply), "output_index": _text_index(reply)}
        part: dict[str, Any] = {**place, "content_index": 0}
        events += [
            _event(
                numbers,
                "response.output_item.added",
                output_index=place["output_index"],
                item=_message(reply, None, "in_progress"),
            ),
            _event(numbers, "response.content_part.added", **part, part=_text_part("")),
        ]
        first = next(numbers)
        marker = "\u0000"
        delta = _event(count(), "response.output_text.delta", **part, delta=marker, logprobs=[])
        prefix, suffix = delta.split(msgspec.json.encode(marker))
        after = count(first + len(reply.pieces))
        return Frames(
            prologue=b"".join(events),
            piece_prefix=prefix,
            piece_suffix=suffix.removesuffix(b"0}\n\n"),
            piece_end=b"}\n\n",
            first_number=first,
            epilogue=_ending(reply, part, after),
            malformed=b'event: response.output_text.delta\ndata: {"type":"response.output_text.del\n\n',
            error=_event(count(first), "error", code="server_error", message="The server had an error.", param=None),
        )

    def whole(self, reply: Reply) -> Mapping[str, Any]:
        """A `response` object."""
        return _response(reply, *_end(reply))

    def reply_id(self, entropy: str) -> str:
        """`resp_` and 48 hex digits."""
        return f"resp_{entropy}{entropy[:16]}"


def _check_parameters(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name in _MOVED:  # not among the fields of `response_create_params`; the API names the new one
            raise error(
                400,
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{_MOVED[name]}'."
                " Try again with the new parameter.",
                param=name,
                code="unsupported_parameter",
            )
        if name not in parameters.OPENAI_RESPONSES:  # github.com/BerriAI/litellm/issues/13420
            raise error(400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    previous = fields.get("previous_response_id")
    if previous is not None:
        raise error(
            400,
            f"Previous response with id '{previous}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )


def _limit(value: Any, model: SimulatedModel) -> int:
    """github.com/earendil-works/pi/issues/6265"""
    if value is None:
        return model.max_output
    check_least("max_output_tokens", value, MIN_OUTPUT_TOKENS)
    if value > model.max_output:
        raise error(
            400,
            f"Invalid 'max_output_tokens': integer above maximum value. Expected a value <= {model.max_output}, but got"
            f" {value} instead.",
            param="max_output_tokens",
            code="integer_above_max_value",
        )
    return value


def _input(fields: Mapping[str, Any]) -> tuple[Said, ...]:
    value = fields.get("input")
    if isinstance(value, str):
        return (Said("user", value),)
    if not isinstance(value, list) or not value:
        raise error(
            400,
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            param="input",
            code="missing_required_parameter",
        )
    return tuple(_said(item, index) for index, item in enumerate(cast("list[dict[str, Any]]", value)))


def _said(item: Mapping[str, Any], index: int) -> Said:
    role = item.get("role")
    if role not in _ROLES:
        raise error(
            400,
            f"Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            param=f"input[{index}].role",
            code="invalid_value",
        )
    unknown = next((name for name in item if name not in _ITEM_FIELDS), None)
    if unknown is not None:  # `name` among them: github.com/BerriAI/litellm/issues/13420
        where = f"input[{index}].{unknown}"
        raise error(400, f"Unknown parameter: '{where}'.", param=where, code="unknown_parameter")
    return Said("system" if role == "developer" else role, _text(item.get("content"), role, index))


def _text(content: Any, role: str, index: int) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise error(
            400,
            f"Invalid type for 'input[{index}].content': expected one of an array of objects or string, but got"
            f" {'null' if content is None else 'an object'} instead.",
            param=f"input[{index}].content",
            code="invalid_type",
        )
    parts = cast("list[dict[str, Any]]", content)
    supported = _PARTS.get(role, _USER_PARTS)
    for number, part in enumerate(parts):
        if part.get("type") not in supported:  # github.com/jeremychone/rust-genai/pull/119
            named = ", ".join(f"'{name}'" for name in supported[:-1]) + f" and '{supported[-1]}'"
            raise error(
                400,
                f"Invalid value: '{part.get('type')}'. Supported values are: {named}.",
                param=f"input[{index}].content[{number}]",
                code="invalid_value",
            )
    return "\n".join(str(part["text"]) for part in parts if "text" in part)


# ---- what is sent ----------------------------------------------------------------------------------------------------
def _ending(reply: Reply, part: Mapping[str, Any], numbers: Iterator[int]) -> bytes:
    text = "".join(reply.pieces)
    status, output = _end(reply)
    response = _response(reply, status, output)
    kind = "response.completed" if status == "completed" else "response.incomplete"
    index = part["output_index"]
    return b"".join(
        (
            _event(numbers, "response.output_text.done", **part, text=text, logprobs=[]),
            _event(numbers, "response.content_part.done", **part, part=_text_part(text)),
            _event(numbers, "response.output_item.done", output_index=index, item=_message(reply, text, status)),
            _event(numbers, kind, response=response),
        )
    )


def _reasoning_events(reply: Reply, numbers: Iterator[int]) -> list[bytes]:
    if not reply.reasoning:
        return []
    place: dict[str, Any] = {"item_id": _reasoning_item(reply)["id"], "output_index": 0, "summary_index": 0}
    kind = "response.reasoning_summary"
    part = {"type": "summary_text", "text": reply.reasoning}
    return [
        _event(numbers, "response.output_item.added", output_index=0, item={**_reasoning_item(reply), "summary": []}),
        _event(numbers, f"{kind}_part.added", **place, part={**part, "text": ""}),
        _event(numbers, f"{kind}_text.delta", **place, delta=reply.reasoning),
        _event(numbers, f"{kind}_text.done", **place, text=reply.reasoning),
        _event(numbers, f"{kind}_part.done", **place, part=part),
        _event(numbers, "response.output_item.done", output_index=0, item=_reasoning_item(reply)),
    ]


def _reasoning_item(reply: Reply) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": reply.reasoning}]
    return {"id": f"rs_{reply.id[5:]}", "type": "reasoning", "summary": summary}


def _text_index(reply: Reply) -> int:
    return 1 if reply.reasoning else 0


def _item_id(reply: Reply) -> str:
    return f"msg_{reply.id[5:]}"


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(reply: Reply, text: str | None, status: str) -> dict[str, Any]:
    content = [] if text is None else [_text_part(text)]
    return {"id": _item_id(reply), "type": "message", "status": status, "role": "assistant", "content": content}


def _end(reply: Reply) -> tuple[str, list[dict[str, Any]]]:
    status = "completed" if reply.finish_reason == "stop" else "incomplete"
    output = [_reasoning_item(reply)] if reply.reasoning else []
    return status, [*output, _message(reply, "".join(reply.pieces), status)]


def _response(reply: Reply, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    over = status != "in_progress" and reply.include_usage
    return {
        "id": reply.id,
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": reply.model_id,
        "output": output,
        "parallel_tool_calls": True,
        "store": False,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _usage(reply) if over else None,
    }


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "input_tokens": reply.tokens_input,
        "input_tokens_details": {"cached_tokens": reply.cache.read, "cache_write_tokens": 0},
        "output_tokens": reply.tokens_output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.tokens_input + reply.tokens_output,
    }


def _event(numbers: Iterator[int], kind: str, **fields: Any) -> bytes:
    """The number comes last, so that a stream of pieces can write its own."""
    data = {"type": kind, **fields, "sequence_number": next(numbers)}
    return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
