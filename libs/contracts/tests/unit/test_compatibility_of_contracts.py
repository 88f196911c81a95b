"""What would break somebody is refused, wherever in a schema it hides; what only adds is not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from palaver.contracts.documents.compatibility import breaks
from palaver.contracts.documents.schemas import client_schema, payload_schemas
from palaver.contracts.generate import SCHEMAS, breaking, client_breaks, documents

Schema = dict[str, Any]
Change = Callable[[Schema], object]

POST: Schema = payload_schemas()["cmd.session.message.post.v1"]
PROTOCOL: Schema = client_schema()
TEXT: Schema = {"type": "string"}


def changed(schema: Schema, change: Change) -> Schema:
    new = deepcopy(schema)
    change(new)
    return new


def properties(schema: Schema, definition: str) -> Schema:
    return schema["$defs"][definition]["properties"]


ADDITIONS: list[Change] = [
    lambda s: s["properties"].update(mood=TEXT),
    lambda s: s["properties"]["session_id"].update(description="A room."),
    lambda s: properties(s, "Actor").update(mood=TEXT),
]


@pytest.mark.parametrize("change", ADDITIONS)
def test_what_only_adds_breaks_nobody(change: Change):
    assert breaks(POST, changed(POST, change)) == []


BREAKS: list[tuple[Change, str]] = [
    (lambda s: s["properties"].pop("content"), ".content is gone"),
    (lambda s: s["properties"]["content"].update(type="integer"), ".content changes its type"),
    (lambda s: s["properties"]["content"].update(maxLength=10), ".content narrows maxLength from none to 10"),
    (lambda s: s["properties"]["content"].update(enum=["yes"]), ".content is narrowed to yes"),
    (lambda s: (s["properties"].update(mood=TEXT), s["required"].append("mood")), ".mood is newly required"),
    (lambda s: s["required"].append("to"), ".to is newly required"),
    (lambda s: properties(s, "Actor").pop("user_id"), ".actor.user_id is gone"),
    (lambda s: properties(s, "Actor")["address"]["anyOf"].pop(0), ".actor.address can no longer be string"),
    (lambda s: properties(s, "Actor")["address"]["anyOf"].append({"type": "integer"}), "can newly be integer"),
    (lambda s: s["$defs"]["Role"]["enum"].remove("member"), "loses the value member"),
    (lambda s: s["properties"]["to"]["anyOf"][0]["items"].update(type="integer"), "changes its type"),
    (lambda s: s["properties"]["metadata"]["additionalProperties"]["anyOf"].pop(0), "can no longer be string"),
]


@pytest.mark.parametrize(("change", "said"), BREAKS)
def test_what_breaks_somebody_is_named(change: Change, said: str):
    sentences = breaks(POST, changed(POST, change))
    assert len(sentences) == 1
    assert said in sentences[0]


def _new_frame(schema: Schema) -> None:
    schema["$defs"]["Dance"] = {"type": "object", "properties": {"type": {"const": "dance"}}, "required": ["type"]}
    for frame in ("ClientFrame", "ServerFrame"):
        schema["$defs"][frame]["oneOf"].append({"$ref": "#/$defs/Dance"})


def _new_fact(schema: Schema) -> None:
    properties(schema, "Delta")["mood"] = TEXT
    schema["$defs"]["Delta"]["required"].append("mood")


@pytest.mark.parametrize("change", [_new_frame, _new_fact])
def test_the_client_protocol_may_grow(change: Change):
    assert client_breaks(PROTOCOL, changed(PROTOCOL, change)) == []


PROTOCOL_BREAKS: list[tuple[Change, str]] = [
    (lambda s: s["$defs"]["ClientFrame"]["oneOf"].pop(0), "ClientFrame can no longer be authenticate"),
    (lambda s: properties(s, "Post").pop("content"), "ClientFrame<post>.content is gone"),
    (lambda s: s["$defs"]["Post"]["required"].append("to"), "ClientFrame<post>.to is newly required"),
    (lambda s: properties(s, "Delta")["offset"].update(type="string"), "ServerFrame<delta>.offset changes its type"),
    (lambda s: properties(s, "Reply").pop("text"), "ServerFrame<reply.appended event>.data.reply.text is gone"),
]


@pytest.mark.parametrize(("change", "said"), PROTOCOL_BREAKS)
def test_a_break_inside_a_frame_is_named(change: Change, said: str):
    assert any(said in sentence for sentence in client_breaks(PROTOCOL, changed(PROTOCOL, change)))


def test_a_contract_that_disappears_is_a_break():
    gone = SCHEMAS / "cmd.session.message.post.v1.json"
    texts = {path: text for path, text in documents().items() if path != gone}
    assert breaking(texts) == [f"{gone.name} is gone"]
