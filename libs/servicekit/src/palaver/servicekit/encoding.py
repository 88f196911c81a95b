"""Payloads as JSON: how every one of them is encoded, and how one says that (a part of) it already is."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.streams import MAX_PAYLOAD_BYTES

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Encoded(Generic[P]):
    """A `P` as JSON, made by somebody who has its larger parts as JSON already. The type is for the type checker."""

    body: bytes

    @classmethod
    def joined(cls, payload: P, **fields: Iterable[bytes]) -> "Encoded[P]":
        """`payload`, with these fields as given: by name, the pieces of a JSON value of the field's type.

        They are copied once, which is most of what a large payload costs.
        """
        pieces = [b"{"]
        for name, value in fields.items():
            pieces += (b'"%b":' % name.encode(), *value, b",")
        rest = _adapter(type(payload)).dump_json(payload, exclude=set(fields))[1:-1]
        return cls(b"".join((*pieces, rest, b"}") if rest else (*pieces[:-1], b"}")))

    def payload(self, kind: type[P]) -> P:
        """What it says. For tests, and for whoever needs both."""
        return kind.model_validate_json(self.body)


def encoded(payload: BaseModel | Encoded[Any]) -> bytes:
    """A payload as JSON.

    Raises Failure(MESSAGE_TOO_LONG) above the broker's limit: time does not heal that, so it must not pass for an
    outage, and its sender must hear of it.
    """
    body = payload.body if isinstance(payload, Encoded) else _adapter(type(payload)).dump_json(payload)
    if len(body) > MAX_PAYLOAD_BYTES:
        raise Failure(ErrorCode.MESSAGE_TOO_LONG, "This is too large to be sent.", max_bytes=MAX_PAYLOAD_BYTES)
    return body


@cache
def _adapter(kind: type[BaseModel]) -> TypeAdapter[Any]:
    """An adapter writes bytes; `model_dump_json` makes a string of them first, which takes as long again."""
    return TypeAdapter(kind)
