"""Within one version a contract may only grow. This compares two schemas and names what would break somebody.

A reader ignores unknown fields and unknown members of a union that say what they are (frames, log entries), so adding
those is fine. Losing something, requiring something new, changing a type or narrowing a limit is not: that needs a new
version of the subject.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

Schema = dict[str, Any]

UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
EXACT_LIMITS = ("pattern", "format")


def breaks(old: Schema, new: Schema, *, only_read: bool = False, root: str | None = None) -> list[str]:
    """Sentences that name each incompatible difference; empty if there is none.

    `only_read`: others read it and never write it, so that `required` is a promise to them and may grow.
    `root`: compare this definition of both documents instead of the documents themselves.
    """
    start = {"$ref": f"#/$defs/{root}"} if root else None
    return list(_Comparison(old, new, only_read).at(start or old, start or new, root or ""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One walk over two documents, whose references resolve within them; a recursive definition is walked once."""

    old_root: Schema
    new_root: Schema
    only_read: bool

    def at(self, old: Schema, new: Schema, path: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        if (reference := old.get("$ref")) in seen:
            return
        if reference is not None:
            seen |= {reference}
        before, after = _alternatives(old, self.old_root), _alternatives(new, self.new_root)
        where = path or "the payload"
        if len(before) == len(after) == 1:
            (only_old,), (only_new,) = before.values(), after.values()
            yield from self._one(only_old, only_new, path, seen)
            return
        yield from (f"{where} can no longer be {name}" for name in sorted(before.keys() - after.keys()))
        yield from (
            f"{where} can newly be {name}, which has no mark that tells it apart"
            for name in sorted(after.keys() - before.keys())
            if not _marks(after[name])
        )
        for name in sorted(before.keys() & after.keys()):
            yield from self._one(before[name], after[name], f"{path}<{name}>", seen)

    def _one(self, old: Schema, new: Schema, path: str, seen: frozenset[str]) -> Iterator[str]:
        where = path or "the payload"
        if old.get("type") != new.get("type"):
            yield f"{where} changes its type from {old.get('type')} to {new.get('type')}"
            return
        yield from _values(old, new, where)
        yield from _limits(old, new, where)
        before, after = _properties(old), _properties(new)
        yield from (f"{path}.{name} is gone" for name in sorted(before.keys() - after.keys()))
        if not self.only_read:
            demanded = set(new.get("required", ())) - set(old.get("required", ()))
            yield from (f"{path}.{name} is newly required" for name in sorted(demanded))
        for name in sorted(before.keys() & after.keys()):
            yield from self.at(before[name], after[name], f"{path}.{name}", seen)
        for inner in ("items", "additionalProperties"):
            if isinstance(old.get(inner), dict) and isinstance(new.get(inner), dict):
                yield from self.at(old[inner], new[inner], f"{path}[]", seen)


def _alternatives(schema: Schema, root: Schema) -> dict[str, Schema]:
    """What a value may be, by the constants that mark it, else by its type; unions inside unions are flattened."""
    resolved = _resolve(schema, root)
    members = resolved.get("anyOf") or resolved.get("oneOf")
    if not members:
        return {_marks(resolved) or str(resolved.get("type", "anything")): resolved}
    return {name: found for member in members for name, found in _alternatives(member, root).items()}


def _marks(schema: Schema) -> str:
    """The constants of an object, which tell it from the other members of a union; empty if it has none."""
    constants = {name: inner["const"] for name, inner in _properties(schema).items() if "const" in inner}
    return " ".join(str(value) for _, value in sorted(constants.items()))


def _values(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = _allowed(old), _allowed(new)
    if before is not None and after is not None:
        yield from (f"{where} loses the value {value}" for value in sorted(before - after))
    elif after is not None:
        yield f"{where} is narrowed to {', '.join(sorted(after))}"


def _allowed(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return set(map(str, schema["enum"])) if "enum" in schema else None


def _limits(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for limit in UPPER_LIMITS:
        if limit in new and (limit not in old or new[limit] < old[limit]):
            yield f"{where} narrows {limit} from {old.get(limit, 'none')} to {new[limit]}"
    for limit in LOWER_LIMITS:
        if limit in new and (limit not in old or new[limit] > old[limit]):
            yield f"{where} narrows {limit} from {old.get(limit, 'none')} to {new[limit]}"
    for limit in EXACT_LIMITS:
        if limit in new and new[limit] != old.get(limit):
            yield f"{where} changes its {limit} from {old.get(limit, 'none')} to {new[limit]}"


def _properties(schema: Schema) -> dict[str, Schema]:
    return cast("dict[str, Schema]", schema.get("properties", {}))


def _resolve(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return cast("Schema", root.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {}))
