"""Google Gemini's `generateContent`: rules, error bodies and stream chunks as the Gemini API words them.

Shapes from ai.google.dev/api/generate-content; error texts are those recorded from generativelanguage.googleapis.com,
in the issues that are named beside them. Where newer models forgive, the stricter rule is played.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

import msgspec

from palaver.simulator import models, parameters
from palaver.simulator.conversation import Said
from palaver.simulator.models import SimulatedModel
from palaver.simulator.wire import ChatRequest, Frames, Refusal, Reply, Trouble

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS"}
_SAID_AS = {"user": "user", "model": "assistant"}
_METHODS = {"generateContent": False, "streamGenerateContent": True}
_MAX_TEMPERATURE = 2


def _error(
    status: int, name: str, message: str, details: list[dict[str, Any]] | None = None, headers: Any = None
) -> Refusal:
    body: dict[str, Any] = {"code": status, "message": message, "status": name}
    if details is not None:
        body["details"] = details
    return Refusal(status, {"error": body}, headers)


def _invalid(message: str) -> Refusal:
    return _error(400, "INVALID_ARGUMENT", message)


_REFUSALS: Mapping[Trouble, tuple[int, str, str]] = {
    # ai.google.dev/gemini-api/docs/troubleshooting
    "payment_required": (402, "FAILED_PRECONDITION", "Enable billing on your project in Google AI Studio."),
    "forbidden": (403, "PERMISSION_DENIED", "Your API key doesn't have the required permissions."),
    "bad_request": (400, "INVALID_ARGUMENT", "The request body is malformed."),
}


class GeminiWire:
    """`POST /models/{model}:generateContent` and `:streamGenerateContent?alt=sse`, `GET /models`."""

    protocol: models.Protocol = "gemini"

    def key(self, headers: Mapping[str, str]) -> str:
        """The `x-goog-api-key` header. The real API takes `?key=` as well; what keeps keys out of logs does not."""
        key = headers.get("x-goog-api-key", "").strip()
        if not key:
            raise _error(
                403,
                "PERMISSION_DENIED",
                "Method doesn't allow unregistered callers (callers without established identity). Please use API Key"
                " or other form of API consumer identity to call this API.",
            )
        return key

    def bad_key(self, key: str) -> Refusal:  # noqa: ARG002 - this API shows nothing of it
        """A 400, not a 401: github.com/zeroclaw-labs/zeroclaw/issues/194"""
        words = "API key not valid. Please pass a valid API key."
        return _error(
            400,
            "INVALID_ARGUMENT",
            words,
            [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"service": "generativelanguage.googleapis.com"},
                },
                {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": words},
            ],
        )

    def read(self, headers: Mapping[str, str], body: Any, target: Mapping[str, str]) -> ChatRequest:  # noqa: ARG002
        """Known model, method and fields; roles that alternate, begin and end with the user; parts with text."""
        name, _, method = target.get("call", "").partition(":")
        model = models.find(name, self.protocol)
        if model is None or method not in _METHODS:
            raise _error(
                404,
                "NOT_FOUND",
                f"models/{name} is not found for API version v1beta, or is not supported for {method}. Call ListModels"
                " to see the list of available models and their supported methods.",
            )
        if not isinstance(body, dict):
            raise _invalid("Invalid JSON payload received. Unexpected end of string.")
        fields = cast("dict[str, Any]", body)
        _check_fields(fields, parameters.GEMINI_GENERATE)
        config = cast("dict[str, Any]", fields.get("generationConfig") or {})
        _check_fields(config, parameters.GEMINI_CONFIG, " at 'generation_config'")
        _check_temperature(config.get("temperature"))
        _check_top_p(config.get("topP"))
        instruction = cast("dict[str, Any] | None", fields.get("systemInstruction"))
        system = () if instruction is None else (Said("system", _text(instruction, "system_instruction")),)
        return ChatRequest(
            model,
            (*system, *_contents(fields.get("contents"))),
            _limit(config.get("maxOutputTokens"), model),
            _METHODS[method],
            include_usage=True,
            stop=tuple(config.get("stopSequences") or ()),
            shows_reasoning=bool(cast("dict[str, Any]", config.get("thinkingConfig") or {}).get("includeThoughts")),
        )

    def overflow(self, request: ChatRequest, tokens: int) -> Refusal | None:
        """The prompt alone counts: github.com/google-gemini/gemini-cli/issues/6678"""
        if tokens <= request.model.window:
            return None
        return _invalid(
            f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({request.model.window})."
        )

    def trouble(self, kind: Trouble, retry_after_seconds: float | None) -> Refusal:
        """As the API words its own difficulties; when to ask again stands in the body (google.rpc.RetryInfo)."""
        if kind == "rate_limit":
            delay = f"{retry_after_seconds or 0:g}s"
            retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
            return _error(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota, please check your plan and billing details.",
                [] if retry_after_seconds is None else [retry],
            )
        if kind == "quota":
            return _error(
                429,
                "RESOURCE_EXHAUSTED",
                "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
            )
        if kind in _REFUSALS:
            return _error(*_REFUSALS[kind])
        if kind == "overloaded":
            return _error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        return _error(500, "INTERNAL", "An internal error has occurred. Please retry or report.")

    def frames(self, reply: Reply) -> Frames:
        """A chunk for each piece, and one that says why the answer ends, with the final counts. Nothing before."""
        marker = "\u0000"
        prefix, suffix = _event(_chunk(reply, marker)).split(msgspec.json.encode(marker))
        thoughts = _event(_chunk(reply, reply.reasoning, thought=True)) if reply.reasoning else b""
        return Frames(
            prologue=thoughts,
            piece_prefix=prefix,
            piece_suffix=suffix,
            epilogue=_event(_chunk(reply, "", finish=True)),
            malformed=b'data: {"candidates":[{"content":{"parts":[{"te\r\n\r\n',
            error=_event(self.trouble("overloaded", 0).body),
        )

    def whole(self, reply: Reply) -> Mapping[str, Any]:
        """A `GenerateContentResponse`."""
        return _chunk(reply, "".join(reply.pieces), finish=True)

    def reply_id(self, entropy: str) -> str:
        """22 characters."""
        return entropy[:22]

    def response_headers(self, entropy: str) -> Mapping[str, str]:  # noqa: ARG002 - no id in them
        """What names the server."""
        return {"server": "scaffolding on HTTPServer2"}

    def model_list(self) -> Mapping[str, Any]:
        """`GET /models`."""
        listed = [
            {
                "name": f"models/{m.id}",
                "version": "001",
                "displayName": m.display_name,
                "inputTokenLimit": m.window,
                "outputTokenLimit": m.max_output,
                "supportedGenerationMethods": ["generateContent"],
                "maxTemperature": _MAX_TEMPERATURE,
            }
            for m in models.of(self.protocol)
        ]
        return {"models": listed}


def _check_fields(fields: Mapping[str, Any], known: frozenset[str], where: str = "") -> None:
    """github.com/sourcegraph/cody/issues/4566"""
    unknown = next((name for name in fields if name not in known), None)
    if unknown is not None:
        raise _invalid(f'Invalid JSON payload received. Unknown name "{unknown}"{where}: Cannot find field.')


def _check_temperature(value: Any) -> None:
    """0 to 2: ai.google.dev/api/generate-content#generationconfig"""
    if value is not None and not 0 <= value <= _MAX_TEMPERATURE:
        raise _invalid(
            "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n"
        )


def _check_top_p(value: Any) -> None:
    """0 to 1: ai.google.dev/api/generate-content#generationconfig"""
    if value is not None and not 0 <= value <= 1:
        raise _invalid("* GenerateContentRequest.generation_config.top_p: top_p must be in the range [0.0, 1.0].\n")


def _limit(value: Any, model: SimulatedModel) -> int:
    if value is None:
        return model.max_output
    if not isinstance(value, int) or not 1 <= value <= model.max_output:
        raise _invalid(
            f"Unable to submit request because it has a maxOutputTokens value of {value} but the supported range is"
            f" from 1 (inclusive) to {model.max_output + 1} (exclusive). Update the value and try again."
        )
    return value


def _contents(value: Any) -> tuple[Said, ...]:
    if not isinstance(value, list) or not value:  # github.com/vercel/ai/issues/3775
        raise _invalid("* GenerateContentRequest.contents: contents is not specified\n")
    contents = cast("list[dict[str, Any]]", value)
    roles = [content.get("role", "user") for content in contents]
    if any(role not in _SAID_AS for role in roles):
        raise _invalid("Please use a valid role: user, model.")
    if roles[0] != "user":
        raise _invalid("Please ensure that multiturn requests start with a user role.")
    if any(one == following for one, following in pairwise(roles)):
        raise _invalid("Please ensure that multiturn requests alternate between user and model.")
    if roles[-1] != "user":  # github.com/songquanpeng/one-api/issues/836
        raise _invalid("Please ensure that multiturn requests ends with a user role or a function response.")
    return tuple(
        Said(_SAID_AS[role], _text(content, f"contents[{index}]"))
        for index, (role, content) in enumerate(zip(roles, contents, strict=True))
    )


def _text(content: Mapping[str, Any], where: str) -> str:
    """Parts are there, and each holds something: github.com/router-for-me/CLIProxyAPI/issues/1292"""
    parts = cast("list[dict[str, Any]]", content.get("parts") or [])
    if not parts:
        raise _invalid(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.\n")
    for index, part in enumerate(parts):
        if not part.get("text"):
            raise _invalid(
                f"* GenerateContentRequest.{where}.parts[{index}].data: required oneof field 'data' must have one"
                " initialized field\n"
            )
    return "\n".join(str(part["text"]) for part in parts)


def _chunk(reply: Reply, text: str, *, finish: bool = False, thought: bool = False) -> dict[str, Any]:
    part: dict[str, Any] = {"text": text, "thought": True} if thought else {"text": text}
    candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = _FINISH[reply.finish_reason]
    chunk: dict[str, Any] = {"candidates": [candidate]}
    if reply.include_usage:
        chunk["usageMetadata"] = _usage(reply, over=finish)
    return {**chunk, "modelVersion": reply.model_id, "responseId": reply.id}


def _usage(reply: Reply, *, over: bool) -> dict[str, Any]:
    prompt = reply.tokens_input
    usage: dict[str, Any] = {
        "promptTokenCount": prompt,
        "totalTokenCount": prompt + (reply.tokens_output if over else 0),
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }
    if reply.cache.read:
        usage["cachedContentTokenCount"] = reply.cache.read
    if over:
        usage["candidatesTokenCount"] = reply.tokens_output
    return usage


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\r\n\r\n"
