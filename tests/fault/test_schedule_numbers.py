"""A number is a schedule: the same each time, and two hundred of them leave nothing out."""

import hashlib
from itertools import pairwise
from typing import get_args

from faultlab.schedule import (
    CLUSTER_WEIGHTS,
    FIRST,
    LATER_KINDS,
    MAX_ATTEMPTS,
    PROVIDER_FAULTS,
    WEIGHTS,
    Kind,
    brief,
    schedule,
)

ALL = [schedule(seed) for seed in range(1, 151)]
CLUSTERED = [schedule(seed, cluster=True) for seed in range(151, 201)]

FIRST_TWO_HUNDRED = "63304b7a003bbe82e7027019965e9ac6529e52479149bb7175a6e32a2fb6b45f"


def test_the_same_number_is_the_same_schedule_and_another_is_another():
    assert schedule(17) == schedule(17)
    assert schedule(17).lines() != schedule(18).lines()
    assert schedule(17) != schedule(17, cluster=True)


def test_two_hundred_schedules_break_everything_there_is_to_break():
    assert {fault.kind for plan in ALL for fault in plan.faults} == set(WEIGHTS)
    assert "kill_leader" in {fault.kind for plan in CLUSTERED for fault in plan.faults}
    assert set(CLUSTER_WEIGHTS) - set(WEIGHTS) == {"kill_leader"}
    assert {*CLUSTER_WEIGHTS, *LATER_KINDS} == set(get_args(Kind))


def test_the_first_two_hundred_stay_what_they_were_and_later_ones_have_the_later_kinds():
    said = "\n".join(line for plan in (*ALL, *CLUSTERED) for line in plan.lines())
    assert hashlib.sha256(said.encode()).hexdigest() == FIRST_TWO_HUNDRED
    for number in range(FIRST + 1, FIRST + 1 + 2 * len(LATER_KINDS)):
        assert {fault.kind for fault in schedule(number).faults} & set(LATER_KINDS)


def test_they_hold_every_kind_of_stop_copy_late_reader_and_misbehaving_provider():
    messages = [message for plan in ALL for _, message in plan.messages]
    assert {message.stop.scope for message in messages if message.stop} == {"turn", "participant", "all"}
    assert {message.copies for message in messages} == {1, 2, 3}
    assert {room.late_at is None for plan in ALL for room in plan.rooms} == {True, False}
    assert {answer.fault for message in messages for answer in message.answers} == {None, *PROVIDER_FAULTS}


def test_no_two_texts_begin_alike_so_that_a_part_names_its_call():
    for plan in ALL[:20]:
        texts = [text for _, message in plan.messages for answer in message.answers for text in answer.texts]
        begins = [text.partition("⟫")[0] for text in texts]
        assert (
            len(set(begins)) == len(begins) == sum(MAX_ATTEMPTS * len(message.answers) for _, message in plan.messages)
        )


def test_what_is_to_be_stopped_would_otherwise_outlast_the_patience():
    stopped = [message for plan in ALL for _, message in plan.messages if message.stop]
    for message in stopped:
        endless = message.answers if message.stop and message.stop.scope == "all" else message.answers[:1]
        assert all(answer.pieces / answer.pieces_per_second > 90 for answer in endless)
        assert all(answer.fault is None for answer in endless)


def test_a_brief_schedule_breaks_the_same_things_earlier():
    for plan in ALL[:20]:
        short = brief(plan)
        assert [fault.kind for fault in short.faults] == [fault.kind for fault in plan.faults]
        assert all(early.at < late.at for early, late in zip(short.faults, plan.faults, strict=True))
        assert all(a.at <= b.at for a, b in pairwise(short.faults))
        assert all(len(room.messages) == 1 for room in short.rooms)
