"""JSON Schema (2020-12) of every payload and of the client protocol, one file each."""

from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from palaver.contracts.catalogue import QUERIES, SUBJECTS
from palaver.contracts.client_protocol import ClientFrame, ServerFrame

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def payload_schemas() -> dict[str, Schema]:
    """File name without ending → schema: one per subject, two (request, response) per query."""
    found: dict[str, Schema] = {}
    for subject in SUBJECTS:
        found[subject.address.stem] = _of(subject.payload, "serialization")
    for asked in QUERIES:
        found[f"{asked.address.stem}.request"] = _of(asked.request, "validation")
        found[f"{asked.address.stem}.response"] = _of(asked.response, "serialization")
    return found


def client_schema() -> Schema:
    """The client protocol as one document with the roots `ClientFrame` and `ServerFrame`."""
    client = TypeAdapter[Any](ClientFrame).json_schema(mode="validation")
    server = TypeAdapter[Any](ServerFrame).json_schema(mode="serialization")
    for sent in server["$defs"].values():  # the server leaves no field out
        sent["required"] = sorted(sent.get("properties", ()))
    for sent in client["$defs"].values():  # a frame must say what it is
        marks = [name for name, described in sent.get("properties", {}).items() if "const" in described]
        sent["required"] = sorted({*sent.get("required", ()), *marks})
    definitions = {**client.pop("$defs"), **server.pop("$defs")}
    definitions["ClientFrame"] = {**client, "title": "ClientFrame"}
    definitions["ServerFrame"] = {**server, "title": "ServerFrame"}
    document: Schema = {
        "$schema": DIALECT,
        "title": "ClientProtocol",
        "description": "Frames of the WebSocket subprotocol palaver.v1.",
        "anyOf": [{"$ref": "#/$defs/ClientFrame"}, {"$ref": "#/$defs/ServerFrame"}],
        "$defs": dict(sorted(definitions.items())),
    }
    _drop_property_titles(document)
    return document


def shared_definitions() -> tuple[dict[str, str], Schema]:
    """For documents that hold all payloads: subject stem → definition name, and all definitions."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    names: dict[str, type[BaseModel]] = {}
    for subject in SUBJECTS:
        wanted.append((subject.payload, "serialization"))
        names[subject.address.stem] = subject.payload
    for asked in QUERIES:
        wanted.extend(((asked.request, "serialization"), (asked.response, "serialization")))
        names[f"{asked.address.stem}.request"] = asked.request
        names[f"{asked.address.stem}.response"] = asked.response
    references, document = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    of = {kind: reference["$ref"].rsplit("/", 1)[-1] for (kind, _), reference in references.items()}
    return {stem: of[kind] for stem, kind in names.items()}, document["$defs"]


def _of(kind: type[BaseModel], mode: JsonSchemaMode) -> Schema:
    schema = kind.model_json_schema(mode=mode)
    _drop_property_titles(schema)
    return {"$schema": DIALECT, **schema}


def _drop_property_titles(node: Json) -> None:
    """Pydantic titles every property with its own name: noise, and a needless alias in generated code."""
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            for described in properties.values():
                if isinstance(described, dict):
                    described.pop("title", None)
        for child in node.values():
            _drop_property_titles(child)
    elif isinstance(node, list):
        for child in node:
            _drop_property_titles(child)
