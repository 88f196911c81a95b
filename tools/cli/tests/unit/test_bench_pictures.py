"""What is read from a browser's trace."""

from typing import Any

import pytest

from palaver.cli.bench.pictures import pictures

PAGE, OTHER = (1, 10), (2, 20)


def event(name: str, ts: int, *, thread: tuple[int, int] = PAGE, dur: int = 0, cpu: int = 0, ph: str = "X") -> Any:
    pid, tid = thread
    return {"name": name, "ph": ph, "pid": pid, "tid": tid, "ts": ts, "dur": dur, "tdur": cpu, "args": {}}


def main_thread(thread: tuple[int, int]) -> Any:
    return {**event("thread_name", 0, thread=thread, ph="M"), "args": {"name": "CrRendererMain"}}


def test_work_counts_for_the_picture_after_which_it_began_and_once():
    found = pictures(
        [
            main_thread(PAGE),
            main_thread(OTHER),
            event("RunTask", 0, thread=OTHER, dur=500, cpu=400),
            event("RunTask", 900, dur=50, cpu=40),  # before the first picture
            *(event("BeginMainThreadFrame", at, ph="I") for at in (1_000, 17_000, 33_000)),
            event("RunTask", 1_000, dur=6_000, cpu=4_000),
            event("ThreadControllerImpl::RunTask", 1_100, dur=3_000, cpu=2_000),  # within the one before
            event("Layout", 1_200, dur=900, cpu=800),
            event("RunTask", 16_000, dur=2_000, cpu=1_000),
            event("RunTask", 20_000, dur=70_000, cpu=60_000),
            event("RunTask", 95_000, ph="B"),  # has not ended
        ]
    )
    assert found.work == [5.0, 60.0]
    assert sorted(found.tasks) == [0.04, 1.0, 4.0, 60.0]
    assert found.parts["Layout"] == 0.8
    assert found.seconds == pytest.approx(0.032)


def test_a_trace_without_pictures_says_so():
    with pytest.raises(ValueError, match="no page"):
        pictures([])
    with pytest.raises(ValueError, match="no pictures"):
        pictures([main_thread(PAGE), event("RunTask", 0, dur=1, cpu=1)])
