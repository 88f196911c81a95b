"""How long readers waited is read from what they saw."""

from xml.etree import ElementTree as ET

from faultlab.chart import svg
from faultlab.journal import Broken, Journal, Reader, Shown
from faultlab.recovery import Recovery, Row, recoveries, rows, table


def grows(turn: str, *moments: float, ends: float | None = None) -> list[Shown]:
    states = [Shown(at, turn, 1, "streaming", 0, "x") for at in moments]
    return states + ([Shown(ends, turn, 1, "completed", 0, "x")] if ends is not None else [])


def reader(*states: list[Shown]) -> Reader:
    return Reader("reader", "room", seen=sorted((s for some in states for s in some), key=lambda shown: shown.at))


def waits(*readers: Reader, at: float = 10.0) -> list[Recovery]:
    return recoveries(Journal("by hand", readers=list(readers), broken=[Broken("kill_worker", "it", at, at + 1)]))


def test_the_wait_is_that_of_the_reader_and_answer_that_waited_longest():
    one = reader(grows("a", 9.0, 10.5), grows("b", 9.5, 17.0))
    other = reader(grows("a", 9.0, 12.0))
    assert waits(one, other) == [Recovery("kill_worker", 7.0)]


def test_answers_that_had_ended_or_not_begun_do_not_count():
    assert waits(reader(grows("a", 8.0, ends=9.0), grows("b", 30.0))) == []


def test_rows_are_medians_and_longest_waits_by_kind():
    found = rows([Recovery("a", 1.0), Recovery("a", 3.0), Recovery("a", 2.0), Recovery("b", 9.0)])
    assert found == [Row("b", 1, 9.0, 9.0), Row("a", 3, 2.0, 3.0)]
    assert [line.split()[0] for line in table(found)[1:]] == ["b", "a"]


def test_the_picture_is_well_formed_and_names_every_kind():
    picture = svg("Waits <after> faults", [Row("kill_worker", 3, 2.0, 8.0)])
    texts = [element.text for element in ET.fromstring(picture).iter() if element.text]  # noqa: S314 - our own
    assert "Waits <after> faults" in texts
    assert any("kill_worker" in text for text in texts)
