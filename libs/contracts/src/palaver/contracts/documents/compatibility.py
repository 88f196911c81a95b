"""Within one version a contract may only grow. This compares two schemas and names what would break somebody.

A reader ignores unknown fields, so new optional fields are fine. Losing a property, requiring a new one, or changing a
type is not: that needs a new version of the subject.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """Sentences that name each incompatible difference; empty if there is none."""
    return list(_Comparison(old, new).at(old, new, ""))


@dataclass(slots=True)
class _Comparison:
    """One walk over two documents, whose references resolve within them; a recursive definition is walked once."""

    old_root: Schema
    new_root: Schema

    def at(self, old: Schema, new: Schema, path: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        reference = old.get("$ref")
        if reference in seen:
            return
        if reference is not None:
            seen |= {reference}
        old, new = _resolve(old, self.old_root), _resolve(new, self.new_root)
        where = path or "the payload"
        if old.get("type") != new.get("type"):
            yield f"{where} changes its type from {old.get('type')} to {new.get('type')}"
            return
        yield from _values(old, new, where)
        before, after = _properties(old), _properties(new)
        yield from (f"{path}.{name} is gone" for name in sorted(before.keys() - after.keys()))
        demanded = set(new.get("required", ())) - set(old.get("required", ())) - before.keys()
        yield from (f"{path}.{name} is new and required" for name in sorted(demanded))
        for name in sorted(before.keys() & after.keys()):
            yield from self.at(before[name], after[name], f"{path}.{name}", seen)
        if "items" in old and isinstance(new.get("items"), dict):
            yield from self.at(old["items"], new["items"], f"{path}[]", seen)


def _values(old: Schema, new: Schema, where: str) -> Iterator[str]:
    lost = set(map(str, old.get("enum", ()))) - set(map(str, new.get("enum", old.get("enum", ()))))
    yield from (f"{where} loses the value {value}" for value in sorted(lost))
    if "const" in old and old["const"] != new.get("const"):
        yield f"{where} changes its constant from {old['const']} to {new.get('const')}"


def _properties(schema: Schema) -> dict[str, Schema]:
    return cast("dict[str, Schema]", schema.get("properties", {}))


def _resolve(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return cast("Schema", root.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {}))
