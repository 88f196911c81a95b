"""From a provider's bytes to text, usage and end, for every wire format and any way in which the bytes arrive."""

from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import anthropic, gemini, openai, openai_responses
from palaver.model_router.providers.streams import progress_of
from palaver.model_router.sse import ServerEvent

OPENAI = (
    'data: {"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}\n\n'
    ": OPENROUTER PROCESSING\n\n"
    'data: {"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]}\n\n'
    'data: {"choices":[{"delta":{"content":"茶 "}}]}\r\n\r\n'
    'data: {"choices":[{"delta":{"content":"is 🍵"}}]}\n\n'
    'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n'
    'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,'
    '"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2}}}\n\n'
    "data: [DONE]\n\n"
).encode()
ANTHROPIC = (
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3,'
    '"cache_read_input_tokens":4,"cache_creation_input_tokens":2,"output_tokens":1}}}\n\n'
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}\n\n'
    'event: ping\ndata: {"type":"ping"}\n\n'
    "event: content_block_delta\n"
    'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"茶 "}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"is 🍵"}}\n\n'
    "event: message_delta\n"
    'data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},'
    '"usage":{"input_tokens":3,"output_tokens":3}}\n\n'
    'event: message_stop\ndata: {"type":"message_stop"}\n\n'
).encode()
RESPONSES = (
    'event: response.created\ndata: {"type":"response.created","response":{"status":"in_progress","usage":null}}\n\n'
    "event: response.output_item.added\n"
    'data: {"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning"}}\n\n'
    "event: response.reasoning_summary_text.delta\n"
    'data: {"type":"response.reasoning_summary_text.delta","delta":"hm"}\n\n'
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"茶 "}\n\n'
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"is 🍵"}\n\n'
    "event: response.incomplete\n"
    'data: {"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"},'
    '"usage":{"input_tokens":9,"output_tokens":3,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2}}}}'
    "\n\n"
).encode()
GEMINI = (
    'data: {"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],'
    '"usageMetadata":{"promptTokenCount":9}}\r\n\r\n'
    'data: {"candidates":[{"content":{"parts":[{"text":"茶 "}],"role":"model"},"index":0}]}\r\n\r\n'
    'data: {"candidates":[{"content":{"parts":[{"text":"is 🍵"}],"role":"model"},"finishReason":"MAX_TOKENS"}],'
    '"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"thoughtsTokenCount":1,'
    '"cachedContentTokenCount":4}}\r\n\r\n'
).encode()
WIRES = {
    "openai": (OPENAI, openai.apply),
    "anthropic": (ANTHROPIC, anthropic.apply),
    "openai-responses": (RESPONSES, openai_responses.apply),
    "gemini": (GEMINI, gemini.apply),
}
WRITTEN = {"gemini": None}
"""What was put into the cache, where the format does not tell."""

Apply = Callable[[ServerEvent, Progress], bool]


async def folded(raw: bytes, cuts: list[int], apply: Apply, error: Exception | None = None) -> tuple[Progress, bool]:
    """All progress as one, and whether the stream broke."""

    async def chunks() -> AsyncIterator[bytes]:
        for begin, end in pairwise([0, *sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]):
            yield raw[begin:end]
        if error is not None:
            raise error

    whole, usage = Progress(), UsageReport()
    try:
        async for progress in progress_of(chunks(), apply):
            whole.text += progress.text
            whole.reasoning += progress.reasoning
            whole.finish_reason = progress.finish_reason or whole.finish_reason
            usage = usage if progress.usage is None else usage.updated(progress.usage)
    except ProviderFailed as failure:
        return whole, failure.code is ErrorCode.PROVIDER_STREAM_BROKEN
    whole.usage = usage
    return whole, False


@pytest.mark.parametrize("wire", WIRES)
@given(cuts=st.lists(st.integers(0, 2_000), max_size=40))
async def test_any_split_gives_the_same_answer(wire: str, cuts: list[int]) -> None:
    raw, apply = WIRES[wire]
    usage = UsageReport(9, 3, 4, WRITTEN.get(wire, 2))
    assert await folded(raw, cuts, apply) == (Progress("茶 is 🍵", usage, "length", "hm"), False)


@pytest.mark.parametrize("wire", WIRES)
async def test_text_before_a_malformed_event_in_the_same_chunk_is_kept(wire: str) -> None:
    raw, apply = WIRES[wire]
    broken = raw[: raw.index("is 🍵".encode())] + b"\n\n"
    whole, failed = await folded(broken, [], apply)
    assert (whole.text, failed) == ("茶 ", True)


@pytest.mark.parametrize("wire", WIRES)
async def test_a_connection_that_breaks_is_a_broken_stream(wire: str) -> None:
    raw, apply = WIRES[wire]
    whole, failed = await folded(raw[: len(raw) // 2], [], apply, httpx2.ReadError("reset"))
    assert failed
    assert "茶 is 🍵".startswith(whole.text)


def event(data: str) -> ServerEvent:
    return ServerEvent(b"", data.encode())


@pytest.mark.parametrize(
    ("wire", "data", "code"),
    [
        ("openai", '{"error":{"message":"x"}}', ErrorCode.PROVIDER_UNAVAILABLE),
        ("openai", '{"choices":[{"delta":{},"finish_reason":"content_filter"}]}', ErrorCode.PROVIDER_REFUSED),
        ("openai-responses", '{"type":"error","code":"rate_limit_exceeded"}', ErrorCode.PROVIDER_RATE_LIMITED),
        ("openai-responses", '{"type":"error","code":"server_error"}', ErrorCode.PROVIDER_UNAVAILABLE),
        (
            "openai-responses",
            '{"type":"response.failed","response":{"error":{"code":"context_length_exceeded"}}}',
            ErrorCode.CONTEXT_OVERFLOW,
        ),
        (
            "openai-responses",
            '{"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"}}}',
            ErrorCode.PROVIDER_REFUSED,
        ),
        ("anthropic", '{"type":"error","error":{"type":"overloaded_error"}}', ErrorCode.PROVIDER_UNAVAILABLE),
        ("gemini", '{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}', ErrorCode.PROVIDER_REFUSED),
        ("gemini", '{"candidates":[{"finishReason":"SAFETY"}]}', ErrorCode.PROVIDER_REFUSED),
        ("gemini", '{"error":{"code":503,"status":"UNAVAILABLE"}}', ErrorCode.PROVIDER_UNAVAILABLE),
        ("gemini", '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}', ErrorCode.PROVIDER_RATE_LIMITED),
    ],
)
def test_a_failure_inside_a_stream_has_a_meaning_and_is_paid_for(wire: str, data: str, code: ErrorCode) -> None:
    with pytest.raises(ProviderFailed) as failed:
        WIRES[wire][1](event(data), Progress())
    assert failed.value.code is code
    assert not failed.value.refused


def test_a_refusal_in_words_is_what_the_model_said() -> None:
    progress = Progress()
    openai.apply(event('{"choices":[{"delta":{"refusal":"I will not."}}]}'), progress)
    openai_responses.apply(event('{"type":"response.refusal.delta","delta":" Never."}'), progress)
    assert progress.text == "I will not. Never."


def test_parts_of_an_answer_are_told_from_the_thoughts_before_it() -> None:
    progress = Progress()
    parts = '[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"tea"}]'
    openai.apply(event('{"choices":[{"delta":{"content":' + parts + "}}]}"), progress)
    assert (progress.text, progress.reasoning) == ("tea", "hm")
