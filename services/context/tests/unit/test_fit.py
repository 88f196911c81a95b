"""Fitting: what is sent fits, keeps order and the newest, and keeps its beginning from one request to the next."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.context.families import Family
from palaver.context.fit import Fit, Frame, Overflow, Sums, fit

EXACT = Family("exact", "o200k_base", 1.0, 0.0)
ROUGH = Family("rough", "o200k_base", 1.3, 0.1)

lines = st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=40)
frames = st.builds(
    Frame,
    family=st.sampled_from([EXACT, ROUGH]),
    message_overhead=st.integers(0, 5),
    system=st.integers(0, 40),
    closing=st.sampled_from([0, 7]),
    opening=st.sampled_from([0, 9]),
)


def cost(kept: list[tuple[bool, int]], frame: Frame, seam: int) -> int:
    """What the request really costs, counted message by message."""
    texts, messages = 0, 0
    for i, (own, count) in enumerate(kept):
        begins = i == 0 or kept[i - 1][0] != own
        messages += begins
        texts += count if begins else count + seam
    if kept and kept[0][0] and frame.opening:
        texts, messages = texts + frame.opening, messages + 1
    return frame.tokens(texts, messages)


@given(lines, frames, st.integers(1, 2_000), st.data())
def test_what_is_kept_fits_in_order_with_the_newest_and_the_pinned(
    content: list[tuple[bool, int]], frame: Frame, budget: int, data: st.DataObject
) -> None:
    people = [i for i, (own, _) in enumerate(content) if not own]
    keep = data.draw(st.sampled_from([None, *people[-1:]]))
    sums = Sums.of([own for own, _ in content], [count for _, count in content], 2)
    least = [content[keep]] if keep is not None else content[-1:]
    if cost(least, frame, 2) > budget:
        with pytest.raises(Overflow):
            fit(sums, frame, end=len(content), keep=keep, budget=budget)
        return
    fitted = fit(sums, frame, end=len(content), keep=keep, budget=budget)
    kept = [content[i] for i in fitted.indices]
    assert cost(kept, frame, 2) <= fitted.used <= budget
    assert fitted.indices == sorted(set(fitted.indices))
    assert len(kept) == fitted.kept
    assert keep is None or keep in fitted.indices
    assert fitted.end == len(content)
    assert keep is not None or not content or len(content) - 1 in fitted.indices


def plain(budget_lines: int, of: int = 10) -> tuple[Sums, Frame]:
    sums = Sums.of([i % 2 == 1 for i in range(budget_lines)], [of] * budget_lines, 0)
    return sums, Frame(EXACT, 0, 0, 0, 0)


def test_everything_is_kept_while_it_fits() -> None:
    sums, frame = plain(40)
    assert fit(sums, frame, end=40, keep=39, budget=400) == Fit(None, 0, 40, 400)


def test_the_beginning_stays_for_a_block_of_new_lines() -> None:
    sums, frame = plain(400)
    starts = [fit(sums, frame, end=end, keep=end - 1, budget=400).start for end in range(1, 400)]
    assert starts == sorted(starts)
    assert len(set(starts)) <= 1 + 360 // 10
    changes = [end for end in range(1, 399) if starts[end] != starts[end - 1]]
    assert min(later - earlier for earlier, later in pairwise(changes)) == 10


def test_after_a_cut_the_window_is_three_quarters_full() -> None:
    sums, frame = plain(400)
    assert all(fit(sums, frame, end=end, keep=end - 1, budget=400).used >= 300 for end in range(40, 400))


def test_a_newest_message_behind_long_replies_is_pinned() -> None:
    sums = Sums.of([False, False, False, False], [50, 10, 60, 60], 0)
    fitted = fit(sums, Frame(EXACT, 1, 0, 0, 0), end=4, keep=1, budget=80)
    assert (fitted.indices, fitted.used) == ([1, 3], 72)


def test_a_message_that_is_too_long_alone_says_what_it_needs() -> None:
    sums = Sums.of([False], [100], 0)
    with pytest.raises(Overflow) as refused:
        fit(sums, Frame(EXACT, 4, 20, 0, 0), end=1, keep=0, budget=100)
    assert (refused.value.needed, refused.value.available) == (128, 100)


def test_an_empty_conversation_is_only_its_frame() -> None:
    assert fit(Sums.of([], [], 1), Frame(EXACT, 4, 20, 6, 0), end=0, keep=None, budget=100) == Fit(None, 0, 0, 34)
