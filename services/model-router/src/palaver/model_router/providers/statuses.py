"""From an HTTP answer of a provider to a failure in our words. Pure."""

from collections.abc import Mapping
from http import HTTPStatus

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import Fault, ProviderFailed
from palaver.model_router.providers.waits import retry_after

_BY_STATUS: dict[int, ErrorCode] = {
    HTTPStatus.UNAUTHORIZED: ErrorCode.KEY_INVALID,
    HTTPStatus.PAYMENT_REQUIRED: ErrorCode.PROVIDER_QUOTA,
    HTTPStatus.NOT_FOUND: ErrorCode.MODEL_NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: ErrorCode.PROVIDER_TIMEOUT,
    HTTPStatus.CONFLICT: ErrorCode.PROVIDER_UNAVAILABLE,  # both SDKs retry it: a lock at the provider
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorCode.CONTEXT_OVERFLOW,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorCode.PROVIDER_RATE_LIMITED,
}
_OVERFLOW_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_OVERFLOW_WORDS = (
    "context_length",  # OpenAI's code; Groq and OpenRouter have it, too
    "context length",  # OpenAI, DeepSeek, OpenRouter, Mistral, vLLM, Ollama
    "context window",  # OpenAI Responses
    "prompt is too long",  # Anthropic: `prompt is too long: 210000 tokens > 200000 maximum`
    "exceed context limit",  # Anthropic, input and `max_tokens` together
    "exceeds the maximum number of tokens allowed",  # Gemini: github.com/google-gemini/gemini-cli/issues/6678
    "exceeds the available context size",  # llama.cpp: github.com/ggml-org/llama.cpp/issues/17284
    "maximum model length",  # vLLM: `The decoder prompt (length …) is longer than the maximum model length of …`
    "maximum prompt length",  # xAI: github.com/cline/cline/issues/3120
    "exceeded model token limit",  # Moonshot: github.com/MoonshotAI/kimi-cli/issues/2011
    "range of input length",  # Alibaba Model Studio: `Range of input length should be [1, 129024]`
)
"""How providers say that the prompt is too long."""
_QUOTA_WORDS = (
    "insufficient_quota",  # OpenAI's code
    "credit balance",  # Anthropic, with a 400
    "exceeded current quota",  # Moonshot, with a 403: github.com/MoonshotAI/Kimi-K2/issues/5
    "prepayment credits are depleted",  # Gemini, with a 429 whose code also stands for mere rate limits
)
_FAULTS: dict[int, Fault] = {
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.SERVICE_UNAVAILABLE: "overload",
    529: "overload",  # Anthropic's overloaded_error
}
"""What a status says beyond our code for it."""
_KEY_WORDS = ("api_key_invalid", "api key not valid", "api key expired")
"""Gemini refuses a wrong key with a 400: github.com/zeroclaw-labs/zeroclaw/issues/194"""


def failure_of(status: int, code: str | None, message: str, headers: Mapping[str, str]) -> ProviderFailed:
    """The failure that a status other than 2xx means. `message` is only searched, never passed on."""
    meant = _code_of(status, f"{code or ''} {message}".lower())
    usual = meant in {_BY_STATUS.get(status), ErrorCode.PROVIDER_REFUSED, ErrorCode.PROVIDER_UNAVAILABLE}
    return ProviderFailed(
        meant,
        f"status {status}" + (f" {code}" if code else ""),
        refused=True,
        retry_after_seconds=retry_after(headers),
        fault=_FAULTS.get(status) if usual else None,
    )


def _code_of(status: int, words: str) -> ErrorCode:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        if any(word in words for word in _QUOTA_WORDS):
            return ErrorCode.PROVIDER_QUOTA
        if status in _OVERFLOW_STATUSES and any(word in words for word in _OVERFLOW_WORDS):
            return ErrorCode.CONTEXT_OVERFLOW
        if status == HTTPStatus.BAD_REQUEST and any(word in words for word in _KEY_WORDS):
            return ErrorCode.KEY_INVALID
        return _BY_STATUS.get(status, ErrorCode.PROVIDER_REFUSED)
    return ErrorCode.PROVIDER_UNAVAILABLE
