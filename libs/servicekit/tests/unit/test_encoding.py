"""Payloads as JSON: what is given as JSON already stands in an answer as if it had been encoded with it."""

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.streams import MAX_PAYLOAD_BYTES
from palaver.contracts.subjects import Payload
from palaver.servicekit.encoding import Encoded, encoded


class Inner(Payload):
    text: str


class Outer(Payload):
    parts: tuple[Inner, ...]
    size: int = 0


class Bare(Payload):
    parts: tuple[Inner, ...] = ()


PARTS = (Inner(text='a "quote", a line\nand 中文'), Inner(text=""))
GIVEN = (b"[", encoded(PARTS[0]), b",", encoded(PARTS[1]), b"]")


def test_a_payload_is_its_json() -> None:
    assert encoded(Outer(parts=PARTS, size=2)) == Outer(parts=PARTS, size=2).model_dump_json().encode()


def test_fields_given_as_json_read_as_if_the_payload_had_had_them() -> None:
    joined = Encoded.joined(Outer(parts=(), size=2), parts=GIVEN)
    assert Outer.model_validate_json(encoded(joined)) == joined.payload(Outer) == Outer(parts=PARTS, size=2)
    assert Encoded.joined(Bare(), parts=GIVEN).payload(Bare) == Bare(parts=PARTS)
    assert Encoded.joined(Outer(parts=PARTS)).payload(Outer) == Outer(parts=PARTS)


@pytest.mark.parametrize("as_json", [False, True])
def test_what_the_broker_would_not_take_is_refused(as_json: bool) -> None:  # noqa: FBT001 - a table
    huge = Inner(text="x" * MAX_PAYLOAD_BYTES)
    with pytest.raises(Failure) as refused:
        encoded(Encoded(huge.model_dump_json().encode()) if as_json else huge)
    assert refused.value.code is ErrorCode.MESSAGE_TOO_LONG
