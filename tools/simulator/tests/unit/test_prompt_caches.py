"""What a prompt finds of those before it."""

from hypothesis import given
from hypothesis import strategies as st

from palaver.simulator.caching import CachePolicy, CacheUse, PromptCaches
from palaver.simulator.conversation import Said
from palaver.simulator.tokens import Counting, count_prompt

PREFIX, MARKERS = CachePolicy("prefix"), CachePolicy("markers")
COUNTING = Counting(1.0, 3, 0.7)
LONG = "tea is good " * 600
"""About 1,800 tokens."""


def said(*texts: str) -> list[Said]:
    return [Said("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]


def caches() -> PromptCaches:
    return PromptCaches(max_prefixes=10_000)


def test_a_long_beginning_is_read_again_in_whole_blocks() -> None:
    kept = caches()
    assert kept.use(PREFIX, "a", said(LONG), COUNTING, ()) == CacheUse()
    again = kept.use(PREFIX, "a", said(LONG, "Yes.", "And coffee?"), COUNTING, ())
    assert 1_700 < again.read <= count_prompt(said(LONG), COUNTING)
    assert again.read % PREFIX.block_tokens == 0
    assert again.written == 0


def test_a_short_prompt_is_not_kept() -> None:
    kept = caches()
    for _ in range(2):
        assert kept.use(PREFIX, "a", said("tea " * 200), COUNTING, ()) == CacheUse()


def test_only_the_same_beginning_is_found() -> None:
    kept = caches()
    kept.use(PREFIX, "a", said(LONG), COUNTING, ())
    assert kept.use(PREFIX, "a", said("!" + LONG), COUNTING, ()) == CacheUse()
    half = kept.use(PREFIX, "a", said(LONG[:5_000] + "!" + LONG[5_000:]), COUNTING, ())
    assert 1_024 <= half.read <= 1_250


def test_models_and_keys_share_nothing() -> None:
    kept = caches()
    kept.use(PREFIX, "a", said(LONG), COUNTING, ())
    assert kept.use(PREFIX, "b", said(LONG), COUNTING, ()) == CacheUse()


def test_without_marks_nothing_is_kept() -> None:
    kept = caches()
    kept.use(MARKERS, "a", said(LONG), COUNTING, ())
    assert kept.use(MARKERS, "a", said(LONG), COUNTING, (0,)).read == 0


def test_what_stands_before_a_mark_is_written_once_and_read_then() -> None:
    kept = caches()
    first = kept.use(MARKERS, "a", said(LONG, "Yes.", "More?"), COUNTING, (2,))
    assert first.read == 0
    assert 0 <= count_prompt(said(LONG, "Yes.", "More?"), COUNTING) - first.written <= 4
    second = kept.use(MARKERS, "a", said(LONG, "Yes.", "More?", "No.", "Why?"), COUNTING, (4,))
    assert second.read == first.written
    assert 0 < second.written < 20


def test_a_mark_looks_back_over_twenty_blocks_only() -> None:
    kept = caches()
    kept.use(MARKERS, "a", said(LONG), COUNTING, (0,))
    assert kept.use(MARKERS, "a", said(LONG, *["x"] * 19), COUNTING, (19,)).read > 0
    fresh = caches()
    fresh.use(MARKERS, "a", said(LONG), COUNTING, (0,))
    assert fresh.use(MARKERS, "a", said(LONG, *["x"] * 20), COUNTING, (20,)).read == 0


def test_the_oldest_beginnings_are_forgotten_first() -> None:
    kept = PromptCaches(max_prefixes=5)
    kept.use(MARKERS, "old", said(LONG), COUNTING, (0,))
    for n in range(5):
        kept.use(MARKERS, str(n), said(LONG), COUNTING, (0,))
    assert kept.use(MARKERS, "old", said(LONG), COUNTING, (0,)).read == 0
    assert kept.use(MARKERS, "4", said(LONG), COUNTING, (0,)).read > 0


@given(st.lists(st.text(max_size=3_000), min_size=1, max_size=8), st.lists(st.text(max_size=500), max_size=3))
def test_never_more_is_read_than_was_asked(first: list[str], more: list[str]) -> None:
    kept = caches()
    kept.use(PREFIX, "a", said(*first), COUNTING, ())
    prompt = said(*first, *more)
    assert 0 <= kept.use(PREFIX, "a", prompt, COUNTING, ()).read <= count_prompt(prompt, COUNTING)
