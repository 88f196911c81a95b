import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.model_router import sse
from palaver.model_router.sse import EventReader, EventTooLargeError, ServerEvent

FIELDS = st.sampled_from(
    [
        "data: 茶 🍵",
        "data:x",
        "data: ",
        "data",
        "event: delta",
        "event:",
        ": comment",
        "id: 1",
        "retry: 5",
        "",
        "",
        "junk",
    ]
)
LINES = st.lists(st.tuples(FIELDS, st.sampled_from(["\n", "\r\n", "\r"])), max_size=30)


def reference(stream: str) -> list[ServerEvent]:
    """The specification, word for word, over text that is all there."""
    events: list[ServerEvent] = []
    name, data = "", ""
    text = stream.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for line in text.split("\n")[:-1]:  # a last line without an ending is never processed
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                events.append(ServerEvent(name.encode(), data.removesuffix("\n").encode()))
            name, data = "", ""
        elif field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
    return events


@given(LINES, st.sampled_from(["", "\ufeff"]), st.data())
def test_any_split_of_any_stream_gives_the_events_of_the_specification(
    lines: list[tuple[str, str]], bom: str, data: st.DataObject
) -> None:
    stream = bom + "".join(text + ending for text, ending in lines)
    raw = stream.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=20)))
    reader = EventReader()
    events: list[ServerEvent] = []
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        events += reader.feed(raw[start:end])
    assert events == reference(stream)


def test_several_events_in_one_chunk_come_together() -> None:
    assert EventReader().feed(b"data: 1\n\ndata: 2\n\ndata: 3") == [ServerEvent(b"", b"1"), ServerEvent(b"", b"2")]


def test_one_byte_at_a_time_keeps_characters_whole() -> None:
    reader = EventReader()
    raw = "event: delta\r\ndata: 茶\r\ndata: 🍵\r\n\r\n".encode()
    events = [event for byte in raw for event in reader.feed(bytes([byte]))]
    assert events == [ServerEvent(b"delta", "茶\n🍵".encode())]


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    reader = EventReader()
    with pytest.raises(EventTooLargeError):
        all(reader.feed(b"data: 0123456789\n") == [] for _ in range(100))
