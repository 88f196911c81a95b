"""The queue of one client: order, bounds, batches."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.deltas import encode_delta, turn_of
from palaver.contracts.ids import new_id
from palaver.gateway.realtime.queue import SendQueue

TURNS = [new_id() for _ in range(3)]


def control(number: int) -> bytes:
    return json.dumps({"type": "event", "seq": number}).encode()


def delta(turn: int, offset: int, text: str = "ab") -> bytes:
    return encode_delta(TURNS[turn], 1, offset, text)


def everything(queue: SendQueue, max_bytes: int = 64 * 1024) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = []
    while batch := queue.take(max_bytes):
        taken.extend(map(json.loads, batch))
    return taken


def test_frames_go_out_as_many_as_there_is_room_for() -> None:
    queue = SendQueue(1_000)
    queue.put(control(1))
    assert queue.take(1_000) == [control(1)]
    queue.put(control(2))
    queue.put(control(3))
    assert queue.take(1_000) == [control(2), control(3)]
    assert queue.take(1_000) == []


def test_control_frames_overtake_deltas() -> None:
    queue = SendQueue(1_000)
    queue.put_delta(delta(0, 0))
    queue.put(control(1))
    assert [frame["type"] for frame in everything(queue)] == ["event", "delta"]


def test_the_deltas_of_an_ended_turn_are_forgotten_and_no_others() -> None:
    queue = SendQueue(10_000)
    for offset in (0, 2):
        queue.put_delta(delta(0, offset))
        queue.put_delta(delta(1, offset))
    queue.drop_turn(TURNS[0].encode())
    assert [(frame["turn_id"], frame["offset"]) for frame in everything(queue)] == [(TURNS[1], 0), (TURNS[1], 2)]
    assert (queue.delta_bytes, queue.control_bytes) == (0, 0)


def test_a_delta_that_does_not_fit_drops_all_of_them_until_recovery() -> None:
    size = len(delta(0, 0))
    queue = SendQueue(2 * size)
    assert queue.put_delta(delta(0, 0))
    assert queue.put_delta(delta(0, 2))
    assert not queue.put_delta(delta(0, 4))
    assert queue.lagging
    assert queue.dropped_bytes == 3 * size
    assert queue.put_delta(delta(0, 6))
    assert everything(queue) == []
    assert queue.dropped_bytes == 4 * size
    queue.recover()
    assert queue.put_delta(delta(0, 8))
    assert [frame["offset"] for frame in everything(queue)] == [8]


def test_a_frame_larger_than_a_batch_goes_out_alone() -> None:
    queue = SendQueue(10_000)
    queue.put(control(1))
    queue.put(json.dumps({"type": "event", "seq": 2, "pad": "x" * 500}).encode())
    queue.put(control(3))
    assert [len(batch) for batch in iter(lambda: queue.take(100), [])] == [1, 1, 1]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("control"), st.integers(0, 99)),
        st.tuples(st.just("delta"), st.integers(0, 2)),
        st.tuples(st.just("end"), st.integers(0, 2)),
        st.tuples(st.just("take"), st.integers(50, 500)),
    ),
    max_size=80,
)


@given(steps, st.integers(200, 2_000))
def test_whatever_happens_the_queue_is_bounded_ordered_and_never_loses_control_frames(
    script: list[tuple[str, int]], max_bytes: int
) -> None:
    queue = SendQueue(max_bytes)
    put: list[int] = []
    sent: list[dict[str, Any]] = []
    offsets = [0, 0, 0]
    for step, argument in script:
        if step == "control":
            queue.put(control(len(put)))
            put.append(len(put))
        elif step == "delta":
            queue.put_delta(delta(argument, offsets[argument]))
            offsets[argument] += 2
        elif step == "end":
            queue.drop_turn(TURNS[argument].encode())
        else:
            sent.extend(map(json.loads, queue.take(argument)))
        assert queue.delta_bytes <= max_bytes
        assert queue.delta_bytes >= 0 <= queue.control_bytes
    sent.extend(everything(queue))
    assert [frame["seq"] for frame in sent if frame["type"] == "event"] == put
    for turn in TURNS:
        seen = [frame["offset"] for frame in sent if frame.get("turn_id") == turn]
        assert seen == sorted(set(seen))


@given(st.text(), st.integers(1, 9), st.integers(0, 10**9), st.sampled_from(["answer", "reasoning"]))
def test_a_delta_names_its_turn_by_place_whatever_it_says(text: str, attempt: int, offset: int, channel: str) -> None:
    assert turn_of(encode_delta(TURNS[0], attempt, offset, text, channel)).decode() == TURNS[0]
