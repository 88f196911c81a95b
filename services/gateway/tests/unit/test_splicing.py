"""Snapshots and deltas become one text: any cut, repeat and order of attempts, and any loss is healed by attaching."""

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.deltas import encode_delta
from palaver.contracts.ids import new_id
from palaver.gateway.realtime.splice import Splice

TURN = new_id()
text_of_turn = st.text(alphabet=st.sampled_from('aé漢👋\n"\\'), min_size=1, max_size=40)


def cut(text: str, places: list[int]) -> list[tuple[int, str]]:
    """The text in pieces with their offsets in code points."""
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [(start, text[start:end]) for start, end in pairwise(edges)]


@dataclass
class Display:
    """The fold of a client."""

    text: str = ""
    attempt: int = 1
    gap: bool = False
    doubled: int = field(default=0)

    def show(self, frame: bytes) -> None:
        delta: dict[str, Any] = json.loads(frame)
        if delta["attempt"] < self.attempt:
            return
        if delta["attempt"] > self.attempt:
            self.attempt, self.text = delta["attempt"], ""
        if delta["offset"] > len(self.text):
            self.gap = True
            return
        self.doubled += max(0, len(self.text) - delta["offset"])
        self.text += delta["text"][len(self.text) - delta["offset"] :]


@given(text_of_turn, st.lists(st.integers(0, 99)), st.integers(0, 99))
def test_a_snapshot_and_all_deltas_give_the_text_without_gap_or_double(
    text: str, places: list[int], length: int
) -> None:
    length %= len(text) + 1
    splice, display = Splice(1, length), Display(text=text[:length])
    for offset, piece in cut(text, places):
        frame = encode_delta(TURN, 1, offset, piece)
        if splice.done:
            display.show(frame)
        elif (news := splice.offer(frame)) is not None:
            display.show(news)
    assert (display.text, display.gap, display.doubled) == (text, False, 0)


@given(text_of_turn, st.lists(st.integers(0, 99)), st.integers(0, 99), st.data())
def test_repeated_deltas_are_harmless(text: str, places: list[int], length: int, data: st.DataObject) -> None:
    length %= len(text) + 1
    splice, display = Splice(1, length), Display(text=text[:length])
    pieces = cut(text, places)
    repeats = data.draw(st.lists(st.integers(0, len(pieces) - 1), max_size=5))
    script = sorted([*range(len(pieces)), *repeats])
    for index in script:
        offset, piece = pieces[index]
        frame = encode_delta(TURN, 1, offset, piece)
        news = frame if splice.done else splice.offer(frame)
        if news is not None:
            display.show(news)
    assert display.text == text
    assert not display.gap


@given(text_of_turn, st.lists(st.integers(0, 99)), st.data())
def test_any_loss_is_seen_as_a_gap_and_healed_by_attaching(text: str, places: list[int], data: st.DataObject) -> None:
    pieces = cut(text, places)
    lost = data.draw(st.sets(st.integers(0, len(pieces) - 1)))
    display, splice = Display(), Splice(1, 0)
    for index, (offset, piece) in enumerate(pieces):
        if index in lost:
            continue
        if display.gap:  # the client attaches: the snapshot is what the worker has by now
            display, splice = Display(text=text[:offset]), Splice(1, offset)
        frame = encode_delta(TURN, 1, offset, piece)
        news = frame if splice.done else splice.offer(frame)
        if news is not None:
            display.show(news)
        assert text.startswith(display.text)
    if not display.gap and len(pieces) - 1 not in lost:
        assert display.text == text


def test_a_higher_attempt_resets_and_a_lower_one_is_dropped() -> None:
    splice = Splice(2, 5)
    assert splice.offer(encode_delta(TURN, 1, 5, "late")) is None
    fresh = encode_delta(TURN, 3, 0, "new")
    assert splice.offer(fresh) == fresh
    assert splice.done


def test_other_channels_pass_unspliced() -> None:
    splice = Splice(1, 5)
    thought = encode_delta(TURN, 1, 0, "hm", "reasoning")
    assert splice.offer(thought) == thought
    assert not splice.done


def test_offsets_count_code_points_and_not_bytes() -> None:
    news = Splice(1, 2).offer(encode_delta(TURN, 1, 0, "👋漢字"))
    assert json.loads(news or b"") == {"turn_id": TURN, "attempt": 1, "offset": 2, "text": "字", "type": "delta"}
