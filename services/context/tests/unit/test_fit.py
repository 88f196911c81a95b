"""Fitting: what is sent fits, keeps order and the newest, and keeps its beginning from one request to the next."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.context.fit import Fit, Frame, Overflow, Sums, block_of, fit
from palaver.context.rates import NOTHING, Count, Rates, Tally

EXACT = Rates(1.0, 1.0, 0.0, 0.0)
ROUGH = Rates(1.3, 1.7, 4.5, 0.1)
BY_CHARACTERS = Rates(0.2, 0.0, 4.5, 0.1, 0.3, 0.9)

counts = st.builds(Count, st.integers(0, 60), st.integers(0, 30), st.integers(0, 300), st.integers(0, 40)).filter(
    lambda count: count.total > 0
)
lines = st.lists(st.tuples(st.booleans(), counts), max_size=40)
frames = st.builds(
    Frame,
    rates=st.sampled_from([EXACT, ROUGH, BY_CHARACTERS]),
    system=st.sampled_from([NOTHING, Count(40, 3, 150, 4)]),
    closing=st.sampled_from([NOTHING, Count(7, 0, 28, 0)]),
    opening=st.sampled_from([NOTHING, Count(9, 0, 33, 0)]),
    summary=st.sampled_from([NOTHING, NOTHING, Count(25, 11)]),
    block=st.integers(1, 300),
)
SEAM = Count(2, 0, 3, 0)


def cost(kept: list[tuple[bool, Count]], frame: Frame) -> int:
    """What the request really costs, counted message by message."""
    parts = [*(part for part in (frame.system, frame.closing) if part != NOTHING)]
    messages = len(parts)
    if frame.summary != NOTHING:
        kept = [(False, frame.summary), *kept]
    elif kept and kept[0][0] and frame.opening != NOTHING:
        kept = [(False, frame.opening), *kept]
    for i, (own, count) in enumerate(kept):
        begins = i == 0 or kept[i - 1][0] != own
        messages += begins
        parts.append(count if begins else count.joined(SEAM))
    plain, wide, plain_characters, wide_characters = (sum(column) for column in zip(NOTHING, *parts, strict=True))
    return frame.rates.tokens(Tally(plain, wide, messages, plain_characters, wide_characters))


@given(lines, frames, st.integers(1, 4_000), st.data())
def test_what_is_kept_fits_in_order_with_the_newest_and_the_pinned(
    content: list[tuple[bool, Count]], frame: Frame, budget: int, data: st.DataObject
) -> None:
    keep = sorted(data.draw(st.sets(st.sampled_from(range(len(content))), max_size=4))) if content else []
    first = data.draw(st.integers(0, keep[-1])) if keep else 0
    sums = Sums.of([own for own, _ in content], [count for _, count in content], SEAM)
    least = [content[line] for line in keep] if keep else content[-1:]
    if cost(least, frame) > budget:
        with pytest.raises(Overflow) as refused:
            fit(sums, frame, end=len(content), keep=keep, budget=budget, first=first)
        assert (refused.value.needed, refused.value.available) == (cost(least, frame), budget)
        return
    fitted = fit(sums, frame, end=len(content), keep=keep, budget=budget, first=first)
    assert fitted.start >= first
    assert fitted.used == cost([content[i] for i in fitted.indices], frame) <= budget
    assert fitted.indices == sorted(set(fitted.indices))
    assert len(fitted.indices) == fitted.kept
    assert set(keep) <= set(fitted.indices)
    assert fitted.end == len(content)
    assert keep or not content or len(content) - 1 in fitted.indices
    newest_round = range(keep[-1], len(content)) if keep else ()
    must = [*keep[:-1], *newest_round]
    if cost([content[i] for i in must], frame) <= budget:
        assert set(must) <= set(fitted.indices), "the newest round fits, so it stays"


@given(lines, frames, st.integers(1, 4_000), st.integers(0, 40))
def test_it_is_the_longest_that_fits_of_those_that_begin_with_a_block_and_then_of_any(
    content: list[tuple[bool, Count]], frame: Frame, budget: int, first: int
) -> None:
    sums, end = Sums.of([own for own, _ in content], [count for _, count in content], SEAM), len(content)
    newest, first = max(end - 1, 0), min(first, end)
    blocks = [
        line for line in range(1, end) if sums.counted[line] // frame.block > sums.counted[line - 1] // frame.block
    ]
    starts = [first, *(line for line in [*blocks, *range(1, newest + 1)] if first <= line <= newest)]
    expected = next((start for start in starts if cost(content[start:], frame) <= budget), None)
    if expected is None:
        with pytest.raises(Overflow):
            fit(sums, frame, end=end, keep=(), budget=budget, first=first)
    else:
        assert fit(sums, frame, end=end, keep=(), budget=budget, first=first).start == expected


def plain(number: int, of: int = 10) -> tuple[Sums, Frame]:
    sums = Sums.of([i % 2 == 1 for i in range(number)], [Count(of, 0)] * number, NOTHING)
    return sums, Frame(EXACT, block=block_of(EXACT, NOTHING, 400))


def test_everything_is_kept_while_it_fits() -> None:
    sums, frame = plain(40)
    assert fit(sums, frame, end=40, keep=[39], budget=400) == Fit((), 0, 40, 400, Tally(400, 0, 40))


def test_the_beginning_stays_for_a_block_of_new_lines() -> None:
    sums, frame = plain(400)
    starts = [fit(sums, frame, end=end, keep=[end - 1], budget=400).start for end in range(1, 400)]
    assert starts == sorted(starts)
    assert len(set(starts)) <= 1 + 360 // 10
    changes = [end for end in range(1, 399) if starts[end] != starts[end - 1]]
    assert min(later - earlier for earlier, later in pairwise(changes)) == 10


def test_after_a_cut_the_window_is_three_quarters_full() -> None:
    sums, frame = plain(400)
    assert all(fit(sums, frame, end=end, keep=[end - 1], budget=400).used >= 300 for end in range(40, 400))


def test_a_newest_message_behind_long_replies_is_pinned() -> None:
    sums = Sums.of([False] * 4, [Count(50, 0), Count(10, 0), Count(60, 0), Count(60, 0)], NOTHING)
    fitted = fit(sums, Frame(Rates(1, 1, 1, 0)), end=4, keep=[1], budget=80)
    assert (fitted.indices, fitted.used) == ([1, 3], 71)


def test_a_message_that_is_too_long_alone_says_what_it_needs() -> None:
    sums = Sums.of([False], [Count(100, 0)], NOTHING)
    with pytest.raises(Overflow) as refused:
        fit(sums, Frame(Rates(1, 1, 4, 0), Count(20, 0)), end=1, keep=[0], budget=100)
    assert (refused.value.needed, refused.value.available) == (128, 100)


def test_an_empty_conversation_is_only_its_frame() -> None:
    frame = Frame(Rates(1, 1, 4, 0), Count(20, 0), Count(6, 0))
    assert fit(Sums.of([], [], NOTHING), frame, end=0, keep=[], budget=100) == Fit((), 0, 0, 34, Tally(26, 0, 2))
