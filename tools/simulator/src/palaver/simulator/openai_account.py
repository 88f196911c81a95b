"""What OpenAI's two wire formats have in common: keys, parameters, errors, the model list.

Error texts are those recorded from api.openai.com, in the issues that are named beside them.
"""

from collections.abc import Mapping
from typing import Any, cast

from palaver.simulator import models
from palaver.simulator.models import SimulatedModel
from palaver.simulator.wire import Refusal, Trouble

SERVED: tuple[models.Protocol, ...] = ("openai", "openai-responses")
"""OpenAI offers the same models in both formats, and so do these endpoints."""
_VISIBLE_KEY_CHARACTERS = 4
_MAX_TEMPERATURE = 2


def error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    """A refusal in the shape of this API."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Refusal(status, body, headers)


class OpenAIAccount:
    """Who asks, and what is said of the service itself."""

    def key(self, headers: Mapping[str, str]) -> str:
        """The bearer token."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise error(
                401,
                "You didn't provide an API key. You need to provide your API key in an Authorization header using"
                " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            )
        return key.strip()

    def bad_key(self, key: str) -> Refusal:
        """The real API shows a part of the key in its answer, so whoever forwards the text leaks it."""
        shown = f"{key[:_VISIBLE_KEY_CHARACTERS]}{'*' * 8}{key[-_VISIBLE_KEY_CHARACTERS:]}"
        return error(
            401,
            f"Incorrect API key provided: {shown}. You can find your API key at"
            " https://platform.openai.com/account/api-keys.",
            code="invalid_api_key",
        )

    def trouble(self, kind: Trouble, retry_after_seconds: float | None) -> Refusal:
        """As the API words its own difficulties; it knows no 529 and says 503."""
        if kind == "rate_limit":
            return _rate_limit(retry_after_seconds)
        if kind in _REFUSALS:
            status, message, code = _REFUSALS[kind]
            return error(status, message, code=code)
        if kind == "quota":
            return error(
                429,
                "You exceeded your current quota, please check your plan and billing details.",
                kind="insufficient_quota",
                code="insufficient_quota",
            )
        if kind == "overloaded":
            return error(503, "The engine is currently overloaded, please try again later.", kind="server_error")
        return error(
            500, "The server had an error while processing your request. Sorry about that!", kind="server_error"
        )

    def response_headers(self, entropy: str) -> Mapping[str, str]:
        """The request's id and the API version."""
        return {"x-request-id": f"req_{entropy}", "openai-version": "2020-10-01"}

    def model_list(self) -> Mapping[str, Any]:
        """`GET /models`."""
        data = [{"id": m.id, "object": "model", "created": 0, "owned_by": "simulator"} for m in models.of(*SERVED)]
        return {"object": "list", "data": data}


def _rate_limit(retry_after_seconds: float | None) -> Refusal:
    when, headers = "", dict[str, str]()
    if retry_after_seconds is not None:
        when = f" Please try again in {retry_after_seconds:g}s."
        headers = {
            "retry-after": f"{retry_after_seconds:g}",
            "retry-after-ms": str(round(retry_after_seconds * 1000)),
        }
    message = f"Rate limit reached for requests.{when}"
    return error(429, message, kind="requests", code="rate_limit_exceeded", headers=headers)


_REFUSALS: Mapping[Trouble, tuple[int, str, str]] = {
    # DeepSeek's, in this format: api-docs.deepseek.com/quick_start/error_codes
    "payment_required": (402, "Insufficient Balance", "invalid_request_error"),
    "forbidden": (403, "Country, region, or territory not supported", "unsupported_country_region_territory"),
    "bad_request": (400, "Invalid value for 'messages'.", "invalid_value"),
}


def model_of(fields: Mapping[str, Any]) -> SimulatedModel:
    """The model that is asked for. Raises Refusal."""
    model_id = fields.get("model")
    if not isinstance(model_id, str) or not model_id:
        raise error(400, "you must provide a model parameter")
    model = models.find(model_id, *SERVED)
    if model is None:
        raise error(
            404,
            f"The model `{model_id}` does not exist or you do not have access to it.",
            code="model_not_found",
        )
    return model


def fields_of(body: Any) -> dict[str, Any]:
    """The request's fields. Raises Refusal."""
    if not isinstance(body, dict):
        raise error(400, "We could not parse the JSON body of your request.")
    return cast("dict[str, Any]", body)


def check_temperature(value: Any, model: SimulatedModel) -> None:
    """Raises Refusal.

    Between 0 and 2: `openai.types.chat.completion_create_params`; reasoning models take their default only:
    github.com/diffbot/code-gpt-docs/issues/445
    """
    if value is None:
        return
    if model.reasoning and value != 1:
        raise error(
            400,
            f"Unsupported value: 'temperature' does not support {value} with this model. Only the default (1) value is"
            " supported.",
            param="temperature",
            code="unsupported_value",
        )
    if value > _MAX_TEMPERATURE or value < 0:
        above = value > _MAX_TEMPERATURE
        raise error(
            400,
            f"Invalid 'temperature': decimal {'above maximum' if above else 'below minimum'} value. Expected a value"
            f" {'<= 2' if above else '>= 0'}, but got {value} instead.",
            param="temperature",
            code=f"decimal_{'above_max' if above else 'below_min'}_value",
        )


def check_top_p(value: Any, model: SimulatedModel) -> None:
    """Raises Refusal.

    Between 0 and 1: `openai.types.chat.completion_create_params`; reasoning models take none:
    github.com/HIllya51/LunaTranslator/issues/1842
    """
    if value is None:
        return
    if model.reasoning:
        raise error(
            400,
            "Unsupported parameter: 'top_p' is not supported with this model.",
            param="top_p",
            code="unsupported_parameter",
        )
    if not 0 <= value <= 1:
        above = value > 1
        raise error(
            400,
            f"Invalid 'top_p': decimal {'above maximum' if above else 'below minimum'} value. Expected a value"
            f" {'<= 1' if above else '>= 0'}, but got {value} instead.",
            param="top_p",
            code=f"decimal_{'above_max' if above else 'below_min'}_value",
        )


def check_least(name: str, value: Any, least: int) -> None:
    """A count of tokens is a whole number, and not too small. Raises Refusal.

    github.com/earendil-works/pi/issues/6265
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise error(
            400,
            f"Invalid type for '{name}': expected an integer, but got {type(value).__name__} instead.",
            param=name,
            code="invalid_type",
        )
    if value < least:
        raise error(
            400,
            f"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead.",
            param=name,
            code="integer_below_min_value",
        )
