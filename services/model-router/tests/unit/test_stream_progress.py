"""From a provider's bytes to text, usage and end, for both wire formats and any way in which the bytes arrive."""

from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Progress, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import anthropic, openai
from palaver.model_router.providers.streams import progress_of
from palaver.model_router.sse import ServerEvent

OPENAI = (
    'data: {"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}\n\n'
    ": OPENROUTER PROCESSING\n\n"
    'data: {"choices":[{"delta":{"content":"茶 "}}]}\r\n\r\n'
    'data: {"choices":[{"delta":{"content":"is 🍵"}}]}\n\n'
    'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n'
    'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,'
    '"prompt_tokens_details":{"cached_tokens":4}}}\n\n'
    "data: [DONE]\n\n"
).encode()
ANTHROPIC = (
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":5,'
    '"cache_read_input_tokens":4,"output_tokens":1}}}\n\n'
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text"}}\n\n'
    'event: ping\ndata: {"type":"ping"}\n\n'
    "event: content_block_delta\n"
    'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"x"}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"茶 "}}\n\n'
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"is 🍵"}}\n\n'
    "event: message_delta\n"
    'data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":3}}\n\n'
    'event: message_stop\ndata: {"type":"message_stop"}\n\n'
).encode()
WIRES = {"openai": (OPENAI, openai.apply), "anthropic": (ANTHROPIC, anthropic.apply)}

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
    assert await folded(raw, cuts, apply) == (Progress("茶 is 🍵", UsageReport(9, 3, 4), "length"), False)


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
