"""When a scripted answer's pieces are due."""

from itertools import islice

from palaver.simulator.composing import Timetable


def test_pieces_of_a_burst_are_due_at_once_and_bursts_keep_the_pace() -> None:
    due = list(islice(Timetable(1.0, 0.1, "seed", burst=5).due(), 1_000))
    assert all(len(set(due[begin : begin + 5])) == 1 for begin in range(0, 1_000, 5))
    assert len(set(due)) == 200
    assert 90 < due[-1] - due[0] < 110


def test_without_bursts_each_piece_has_a_time_of_its_own() -> None:
    due = list(islice(Timetable(0.0, 0.1, "seed").due(), 100))
    assert due == sorted(set(due))
