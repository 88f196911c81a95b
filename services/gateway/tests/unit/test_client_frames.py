"""Frames of clients: whatever comes, each object gets exactly one verdict and nothing raises."""

import json
from typing import Any, cast, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from palaver.contracts.client_protocol import Attach, Authenticate, ClientFrame, ClientRequest, Post
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import new_id
from palaver.gateway.realtime.frames import MAX_FRAMES_PER_BATCH, Echo, Rejected, Request, ack, error, parse

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
names = st.sampled_from(
    ["type", "id", "session_id", "client_message_id", "content", "token", "reply_id", "after", "to", "metadata"]
)
kinds = st.sampled_from(["authenticate", "attach", "detach", "post", "stop", "regenerate", "ping", "dance", ""])
nearly = st.dictionaries(names, anything, max_size=6).flatmap(
    lambda frame: kinds.map(lambda kind: {**frame, "type": kind})
)


@given(st.text() | st.binary())
@example("[" * 100_000)
@example("1" * 10_000)
@example('{"type":"ping"}\x00')
def test_random_text_is_refused_and_never_raises(text: str | bytes) -> None:
    for item in parse(text):
        assert isinstance(item, Rejected | Request)


@given(nearly | st.lists(nearly | anything, max_size=8))
def test_each_object_of_a_batch_gets_one_verdict(raw: Any) -> None:
    items = list(parse(json.dumps(raw)))
    assert len(items) == (len(cast("list[Any]", raw)) if isinstance(raw, list) else 1)
    for item in items:
        if isinstance(item, Rejected):
            encoded = json.loads(error(item.echo, item.failure.body))
            assert encoded["type"] == "error"
            assert encoded["code"] in ("VALIDATION_FAILED", "UNKNOWN_TYPE")


@pytest.mark.parametrize("kind", get_args(get_args(ClientFrame)[0]))
def test_every_kind_of_frame_of_the_contracts_is_known(kind: type[ClientRequest]) -> None:
    (item,) = parse(json.dumps({"type": kind.model_fields["type"].default}))
    if isinstance(item, Rejected):
        assert item.failure.code is not ErrorCode.UNKNOWN_TYPE


def test_valid_frames_are_read_and_unknown_fields_ignored() -> None:
    session_id = new_id()
    text = json.dumps([{"type": "attach", "id": "1", "session_id": session_id, "after": 3, "colour": "red"}])
    (item,) = parse(text)
    assert isinstance(item, Request)
    assert item.frame == Attach(id="1", session_id=session_id, after=3)
    assert item.echo == Echo(id="1", session_id=session_id)


def test_a_batch_has_a_limit() -> None:
    frames = [{"type": "ping"}] * (MAX_FRAMES_PER_BATCH + 1)
    (item,) = parse(json.dumps(frames))
    assert isinstance(item, Rejected)
    assert item.failure.details == {"max_frames": MAX_FRAMES_PER_BATCH}


@pytest.mark.parametrize("field", ["id", "session_id", "client_message_id"])
@pytest.mark.parametrize("value", [7, "", "x" * 65, ["a"], None])
def test_only_short_strings_are_echoed(field: str, value: Any) -> None:
    (item,) = parse(json.dumps({"type": "dance", field: value}))
    assert item.echo == Echo()


def test_a_problem_names_the_field_and_never_its_value() -> None:
    (item,) = parse(json.dumps({"type": "post", "session_id": "planted", "client_message_id": new_id()}))
    assert isinstance(item, Rejected)
    told = json.dumps(item.failure.details)
    assert "session_id" in told
    assert "content" in told
    assert "planted" not in told


def test_a_token_is_in_no_representation() -> None:
    (item,) = parse('{"type":"authenticate","token":"planted"}')
    assert isinstance(item, Request)
    assert isinstance(item.frame, Authenticate)
    assert "planted" not in repr(item)


def test_parts_of_a_post_are_one_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    post = {"type": "post", "session_id": new_id(), "client_message_id": new_id(), "content": parts}
    (item,) = parse(json.dumps(post))
    assert isinstance(item, Request)
    assert isinstance(item.frame, Post)
    assert item.frame.text == "ab"


def test_answers_leave_out_what_is_empty() -> None:
    assert json.loads(ack(Echo())) == {"type": "ack"}
    failure = Failure(ErrorCode.NOT_FOUND, "No.")
    assert "session_id" not in json.loads(error(Echo(id="1"), failure.body))
