import pytest

from palaver.simulator.faults import Armoury, Fault, Occasion
from palaver.simulator.recorder import Recorder


def test_a_fault_strikes_the_next_requests_of_its_model_only() -> None:
    armoury = Armoury[Fault](max_armed=10)
    armoury.arm(Fault(model="sim-a", kind="cut", count=2))
    assert armoury.take(Occasion("sim-b")) is None
    assert [armoury.take(Occasion("sim-a")) is not None for _ in range(3)] == [True, True, False]


def test_a_fault_about_something_waits_for_a_question_about_it() -> None:
    armoury = Armoury[Fault](max_armed=10)
    armoury.arm(Fault(kind="cut", about="tea"))
    armoury.arm(Fault(kind="stall"))
    coffee = Occasion("sim-a", lambda: "Is coffee better?")
    kinds = [fault.kind for _ in range(2) if (fault := armoury.take(coffee)) is not None]
    assert kinds == ["stall"]
    asked_again = armoury.take(Occasion("sim-a", lambda: "And what of tea?"))
    assert asked_again is not None
    assert asked_again.kind == "cut"


def test_no_more_faults_can_be_armed_than_allowed() -> None:
    armoury = Armoury[Fault](max_armed=1)
    armoury.arm(Fault(kind="cut"))
    with pytest.raises(ValueError, match="armed already"):
        armoury.arm(Fault(kind="cut"))


def _record(recorder: Recorder, size: int) -> None:
    recorder.open("openai", "/x", {"authorization": "Bearer secret", "x": "y"}, key="sk-secret", body=None, size=size)


def test_the_oldest_records_go_first_by_count_and_by_bytes() -> None:
    recorder = Recorder(max_records=3, max_bytes=100)
    for _ in range(5):
        _record(recorder, 10)
    assert [r.number for r in recorder.records()] == [3, 4, 5]
    _record(recorder, 95)
    assert [r.number for r in recorder.records()] == [6]


def test_a_record_keeps_no_key() -> None:
    recorder = Recorder(max_records=3, max_bytes=100)
    _record(recorder, 1)
    (record,) = recorder.records()
    assert record.headers == {"x": "y"}
    assert record.key is not None
    assert record.key.last4 == "cret"
    assert "sk-secret" not in repr(record)


def test_a_fault_may_be_meant_for_one_key() -> None:
    armoury = Armoury[Fault](max_armed=10)
    armoury.arm(Fault(kind="quota", key="0123456789abcdef"))
    assert armoury.take(Occasion("sim-a", key="fedcba9876543210")) is None
    assert armoury.take(Occasion("sim-a")) is None
    assert armoury.take(Occasion("sim-a", key="0123456789abcdef")) is not None


def test_a_fault_may_have_its_time() -> None:
    now = [0.0]
    armoury = Armoury[Fault](max_armed=1, clock=lambda: now[0])
    armoury.arm(Fault(kind="quota", count=100, from_seconds=5, for_seconds=10))

    def strikes_at(seconds: float) -> bool:
        now[0] = seconds
        return armoury.take(Occasion("sim-a")) is not None

    assert [strikes_at(seconds) for seconds in (0.0, 4.9, 5.0, 14.9, 15.0)] == [False, False, True, True, False]
    assert armoury.armed() == []
