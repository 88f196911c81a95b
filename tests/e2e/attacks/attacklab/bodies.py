"""The smallest body that fits a JSON schema, but with each id in it that somebody has."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Ids: TypeAlias = Mapping[str, str]
"""By the name under which the API takes them, `session_id` or `slug`."""

EVERYBODYS: Ids = {"provider": "openai", "provider_id": "openai", "model_id": "sim-swift"}
"""What everybody may know; said only where it must be."""
SAMPLES = ("x", "0", "a@b", "#000000", "A" * 43, "A" * 22, "A" * 16, "00000000-0000-4000-8000-000000000000")
"""One of them fits each pattern of the document."""


class Bodies:
    """Of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def names(self, schema: Any) -> set[str]:
        """All fields that it may have, at its top and further in."""
        shape = self._resolved(schema)
        inner = [*shape.get("properties", {}).values(), *([shape["items"]] if "items" in shape else [])]
        return {*shape.get("properties", {})}.union(*(self.names(one) for one in inner))

    def smallest(self, schema: Any, ids: Ids) -> Any:
        """Fits. Raises LookupError where this does not know how."""
        shape = self._resolved(schema)
        if "const" in shape or "enum" in shape:
            return shape.get("const", shape.get("enum", [None])[0])
        make = {
            "object": lambda: self._object(shape, ids),
            "array": lambda: [self.smallest(shape["items"], ids) for _ in range(shape.get("minItems", 0))],
            "string": lambda: _text(shape),
            "integer": lambda: _number(shape),
            "number": lambda: _number(shape),
            "boolean": lambda: False,
        }[shape.get("type", "object")]
        return make()

    def _object(self, shape: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
        required, wanted = set(shape.get("required", ())), set(ids) - set(EVERYBODYS)
        return {
            name: self._named(name, one, ids)
            for name, one in shape.get("properties", {}).items()
            if name in required or ({name} | self.names(one)) & wanted
        }

    def _named(self, name: str, schema: Any, ids: Ids) -> Any:
        shape = self._resolved(schema)
        if shape.get("type") == "array" and (name in ids or self.names(shape) & set(ids)):
            return [ids[name] if name in ids else self.smallest(shape["items"], ids)]
        return ids[name] if name in ids else self.smallest(schema, ids)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference means; of alternatives the first."""
        while True:
            if "$ref" in schema:
                schema = self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
            elif "anyOf" in schema:
                schema = schema["anyOf"][0]
            else:
                return schema


def _number(shape: Mapping[str, Any]) -> int:
    return int(max(shape.get("minimum", 0), shape.get("exclusiveMinimum", -1) + 1))


def _text(shape: Mapping[str, Any]) -> str:
    if "pattern" not in shape:
        return "x" * max(1, shape.get("minLength", 0))
    for sample in SAMPLES:
        if re.search(shape["pattern"], sample) and len(sample) >= shape.get("minLength", 0):
            return sample
    raise LookupError(f"No text is known for {shape['pattern']}.")
