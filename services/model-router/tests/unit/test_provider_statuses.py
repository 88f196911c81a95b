import pytest

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import Fault
from palaver.model_router.providers.statuses import failure_of


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "invalid_api_key", "Incorrect API key provided: sk-a***1234", ErrorCode.KEY_INVALID),
        (404, "model_not_found", "", ErrorCode.MODEL_NOT_FOUND),
        (400, "context_length_exceeded", "", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "prompt is too long: 9 tokens > 8 maximum", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "input length and `max_tokens` exceed context limit: 9", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "Your credit balance is too low", ErrorCode.PROVIDER_QUOTA),
        (
            400,
            None,
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            ErrorCode.CONTEXT_OVERFLOW,
        ),
        (400, "400", "request (9 tokens) exceeds the available context size (8 tokens)", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "This model's maximum context length is 8 tokens.", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "The decoder prompt is longer than the maximum model length of 8.", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "This model's maximum prompt length is 8 but the request contains 9", ErrorCode.CONTEXT_OVERFLOW),
        (400, None, "Invalid request: Your request exceeded model token limit: 8", ErrorCode.CONTEXT_OVERFLOW),
        (400, "invalid_parameter_error", "Range of input length should be [1, 8]", ErrorCode.CONTEXT_OVERFLOW),
        (
            422,
            None,
            "Prompt contains 9 tokens, too large for a maximum context length of 8",
            ErrorCode.CONTEXT_OVERFLOW,
        ),
        (429, "rate_limit_exceeded", "Request too large: context length", ErrorCode.PROVIDER_RATE_LIMITED),
        (400, "API_KEY_INVALID", "API key not valid. Please pass a valid API key.", ErrorCode.KEY_INVALID),
        (403, None, "organization exceeded current quota, please check your plan", ErrorCode.PROVIDER_QUOTA),
        (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", ErrorCode.PROVIDER_RATE_LIMITED),
        (400, "invalid_value", "Invalid value: 'narrator'", ErrorCode.PROVIDER_REFUSED),
        (429, "insufficient_quota", "", ErrorCode.PROVIDER_QUOTA),
        (429, "rate_limit_exceeded", "", ErrorCode.PROVIDER_RATE_LIMITED),
        (402, None, "", ErrorCode.PROVIDER_QUOTA),
        (403, None, "", ErrorCode.PROVIDER_REFUSED),
        (500, None, "", ErrorCode.PROVIDER_UNAVAILABLE),
        (529, "overloaded_error", "Overloaded", ErrorCode.PROVIDER_UNAVAILABLE),
    ],
)
def test_a_status_has_a_meaning_and_shows_nothing_of_the_key(
    status: int, code: str | None, message: str, expected: ErrorCode
) -> None:
    failure = failure_of(status, code, message, {})
    assert failure.code is expected
    assert failure.refused
    assert "1234" not in str(failure) + failure.message


@pytest.mark.parametrize(
    ("status", "code", "message", "fault"),
    [
        (400, "invalid_value", "Invalid value: 'narrator'", "request"),
        (400, "context_length_exceeded", "", "request"),
        (400, "API_KEY_INVALID", "API key not valid. Please pass a valid API key.", "key"),
        (401, None, "", "key"),
        (402, None, "", "quota"),
        (403, None, "", "forbidden"),
        (403, None, "organization exceeded current quota, please check your plan", "quota"),
        (404, None, "", "model"),
        (408, None, "", "timeout"),
        (409, None, "", "server"),
        (429, "insufficient_quota", "", "quota"),
        (429, None, "", "rate"),
        (500, None, "", "server"),
        (503, None, "", "overload"),
        (529, "overloaded_error", "Overloaded", "overload"),
    ],
)
def test_a_status_says_what_is_at_fault(status: int, code: str | None, message: str, fault: Fault) -> None:
    assert failure_of(status, code, message, {}).fault == fault
