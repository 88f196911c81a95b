"""An AsyncAPI 3.0 document of the broker, for tools."""

from typing import Any

from palaver.contracts.catalogue import QUERIES, SUBJECTS
from palaver.contracts.documents.schemas import shared_definitions
from palaver.contracts.subjects import Address, Kind

_ACTION = {Kind.EVENT: "send", Kind.LIVE: "send", Kind.CONTROL: "send", Kind.COMMAND: "receive"}


def render() -> dict[str, Any]:
    """The document; operations are written from the owner's point of view."""
    names, definitions = shared_definitions()
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for subject in SUBJECTS:
        stem = subject.address.stem
        channels[stem] = _channel(subject.address, subject.doc, {"payload": _message(names[stem])})
        operations[stem] = {
            "action": _ACTION[subject.address.kind],
            "channel": _pointer(stem),
            "tags": [{"name": subject.address.owner}],
        }
    for asked in QUERIES:
        stem = asked.address.stem
        messages = {part: _message(names[f"{stem}.{part}"]) for part in ("request", "response")}
        channels[stem] = _channel(asked.address, asked.doc, messages)
        operations[stem] = {
            "action": "receive",
            "channel": _pointer(stem),
            "messages": [{"$ref": f"{_pointer(stem)['$ref']}/messages/request"}],
            "reply": {
                "channel": _pointer(stem),
                "messages": [{"$ref": f"{_pointer(stem)['$ref']}/messages/response"}],
            },
            "tags": [{"name": asked.address.owner}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Palaver broker", "version": "1", "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": definitions},
    }


def _channel(address: Address, doc: str, messages: dict[str, Any]) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": ".".join((address.stem, *(f"{{{key}}}" for key in address.keys))),
        "description": doc,
        "messages": messages,
    }
    if address.keys:
        channel["parameters"] = {key: {"description": "A bare id."} for key in address.keys}
    return channel


def _message(name: str) -> dict[str, Any]:
    return {"name": name, "payload": {"$ref": f"#/components/schemas/{name}"}}


def _pointer(stem: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{stem}"}
