"""How far a client has read, as one word, and what of a session's frames a poll answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.deltas import encode_delta
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.gateway.realtime.cursor import MAX_TEXTS, Cursor, Heard
from palaver.gateway.realtime.digest import Digest
from palaver.gateway.realtime.server_sent import server_sent

TURN = new_id()


# ---- the word --------------------------------------------------------------------------------------------------------
heard = st.builds(Heard, st.integers(1, 9_999), st.integers(0, 10**9 - 1))
cursors = st.builds(
    Cursor,
    st.integers(0, 10**18 - 1),
    st.none() | st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True),
    st.dictionaries(st.uuids().map(str), heard, max_size=5),
)


@given(cursors)
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "word",
    ["", "-1", "x", ":1", "e:", "e:1~", "e:1~turn:1:1", "1 ", "1\n", "٣", "9" * 19, "e" * 65 + ":1", "1" * 5_000],
)
def test_what_is_no_cursor_is_refused(word: str) -> None:
    with pytest.raises(Failure) as refused:
        Cursor.parse(word)
    assert refused.value.code is ErrorCode.VALIDATION_FAILED


def test_a_cursor_tells_of_so_many_texts_and_no_more() -> None:
    many = Cursor(1, "e", {new_id(): Heard(1, 10**6) for _ in range(MAX_TEXTS + 5)})
    assert len(Cursor.parse(str(many)).texts) == MAX_TEXTS


# ---- server-sent events ----------------------------------------------------------------------------------------------
def event(seq: int, name: str = "title.set", **data: Any) -> bytes:
    return json.dumps({"type": "event", "epoch": "e", "seq": seq, "name": name, "data": data}).encode()


@pytest.mark.parametrize(
    ("frame", "head"),
    [
        (encode_delta(TURN, 1, 0, "a\nb"), "event: delta\n"),
        (event(7), "event: event\nid: e:7\n"),
        (b'{"type":"attached","id":null,"epoch":"e","head_seq":9,"live":[]}', "event: attached\nid: e:9\n"),
        (b'{"type":"notice","name":"lagging","data":{"seq":1,"epoch":"x"}}', "event: notice\n"),
        (b'{"type":"error","code":"INTERNAL"}', "event: error\n"),
    ],
)
def test_a_frame_is_an_event_named_by_its_type_with_its_place_in_the_log(frame: bytes, head: str) -> None:
    assert server_sent(frame) == head.encode() + b"data: " + frame + b"\n\n"


# ---- what a poll answers ---------------------------------------------------------------------------------------------
def test_notices_wake_nobody_text_is_gathered_and_the_rest_is_news() -> None:
    digest = Digest(Cursor(1, "e"))
    assert digest.take(b'{"type":"notice","name":"lagging","data":{}}') == "nothing"
    assert digest.take(encode_delta(TURN, 1, 0, "a")) == "text"
    assert digest.take(encode_delta(TURN, 1, 0, "a")) == "nothing"
    assert digest.take(b'{"type":"error","code":"INTERNAL"}') == "news"
    assert digest.take(event(2)) == "news"


def test_a_gap_is_left_to_the_next_poll() -> None:
    digest = Digest(Cursor(1, "e", {TURN: Heard(1, 5)}))
    assert digest.take(encode_delta(TURN, 1, 9, "later")) == "text"
    assert digest.frames == []
    assert digest.cursor == Cursor(1, "e", {TURN: Heard(1, 5)})


def test_the_end_of_an_answer_takes_its_pieces_along() -> None:
    digest = Digest(Cursor(1, "e"))
    digest.take(encode_delta(TURN, 1, 0, "Hello"))
    ended = event(2, "reply.appended", turn_id=TURN)
    digest.take(ended)
    assert digest.frames == [ended]
    assert digest.cursor == Cursor(2, "e")


def test_attached_begins_anew() -> None:
    digest = Digest(Cursor(1, "old", {TURN: Heard(1, 5)}))
    other = new_id()
    live = [{"turn_id": other, "attempt": 2, "text": "wörld 👋"}]
    digest.take(json.dumps({"type": "attached", "epoch": "new", "head_seq": 4, "live": live}).encode())
    assert digest.cursor == Cursor(4, "new", {other: Heard(2, 7)})


def test_who_knows_nothing_and_has_got_nothing_has_no_cursor() -> None:
    assert Digest(None).cursor is None


@given(st.text(min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=30))
def test_however_text_is_cut_repeated_and_lost_polls_never_repeat_or_skip_any(
    text: str, pieces: list[tuple[int, int]]
) -> None:
    """Each poll is a digest of its own that begins at the cursor of the one before, after a snapshot as the relay's."""
    shown, cursor = "", Cursor(1, "e")
    for poll in range(3):
        digest = Digest(Cursor.parse(str(cursor)))
        for offset, length in pieces[poll::3]:
            if text[offset : offset + length]:
                digest.take(encode_delta(TURN, 1, offset, text[offset : offset + length]))
        for frame in map(json.loads, digest.frames):
            assert frame["offset"] == len(shown)
            shown += frame["text"]
        assert digest.cursor is not None
        cursor = digest.cursor
        assert cursor.texts.get(TURN, Heard(1, 0)).length == len(shown)
    assert text.startswith(shown)
