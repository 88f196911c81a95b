"""Frames round-trip, deltas encode alike on both paths, and generated documents are current."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from palaver.contracts.client_protocol import ClientFrame, Delta, Post, ServerFrame, TextPart
from palaver.contracts.deltas import encode_delta
from palaver.contracts.documents.schemas import client_schema
from palaver.contracts.failures import TRAITS, ErrorCode, Failure
from palaver.contracts.generate import differences, documents

CLIENT = TypeAdapter[Any](ClientFrame)
SERVER = TypeAdapter[Any](ServerFrame)
SESSION = "01a1fd18-a086-73cf-a65a-17daa8f9524d"


@given(st.text(), st.integers(min_value=0, max_value=2**31), st.sampled_from(["answer", "reasoning", "tool"]))
def test_a_delta_encoded_on_the_token_path_reads_as_the_protocols_delta(text: str, offset: int, channel: str):
    frame = encode_delta(SESSION, 2, offset, text, channel)
    read = SERVER.validate_json(frame)
    assert read == Delta.model_validate(
        {"turn_id": SESSION, "attempt": 2, "offset": offset, "text": text, "channel": channel}
    )


def test_a_delta_adds_at_most_110_bytes_to_its_text():
    assert len(encode_delta(SESSION, 1, 12_345, "word")) - len("word") <= 110


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "post", "session_id": SESSION, "client_message_id": "x", "content": "hi"},
        {"type": "post", "session_id": SESSION, "content": "hi"},
        {"type": "attach", "session_id": "a.b"},
        {"type": "attach", "session_id": SESSION, "after": -1},
        {"type": "dance"},
        {},
    ],
)
def test_a_malformed_client_frame_is_refused(frame: dict[str, Any]):
    with pytest.raises(ValidationError):
        CLIENT.validate_python(frame)


def test_parts_of_a_post_are_one_text_and_unknown_fields_are_ignored():
    post = CLIENT.validate_python(
        {
            "type": "post",
            "session_id": SESSION,
            "client_message_id": SESSION,
            "content": [TextPart(text="a").model_dump(), TextPart(text="b").model_dump()],
            "novelty": 1,
        }
    )
    assert isinstance(post, Post)
    assert post.text == "ab"


def test_every_code_says_whom_it_concerns_and_survives_the_wire():
    assert set(TRAITS) == set(ErrorCode)
    failure = Failure(ErrorCode.RATE_LIMITED, "Slow down.", retry_after_seconds=3)
    again = Failure.of(type(failure.body).model_validate_json(failure.body.model_dump_json()))
    assert (again.code, again.message, again.details) == (failure.code, failure.message, failure.details)
    assert failure.body.retryable


def test_committed_documents_are_what_the_contracts_say():
    assert differences(documents()) == []


def test_the_client_schema_names_both_directions():
    assert {"ClientFrame", "ServerFrame"} <= client_schema()["$defs"].keys()
