"""`docs/EVENTS.md`: every message on the broker, for people."""

from collections.abc import Iterable

from palaver.contracts.catalogue import COMMANDS_TAKEN, CONTROLS_SAID, DURABLES, EVENTS_SAID, GRANTS, LIVE_SAID, QUERIES
from palaver.contracts.streams import STREAMS
from palaver.contracts.subjects import Address

GIB = 1024**3
HOUR = 3600

INTRODUCTION = """# Messages on the broker

Generated from `palaver.contracts.catalogue` by `make generate`; do not edit. Payloads are the pydantic models named
here, with JSON Schemas in `libs/contracts/schemas`. What a service may say, ask and hear is enforced by the broker.
"""


def render() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION, _streams()]
    for title, delivery, subjects in (
        ("Events", "JetStream, at least once; facts in the past tense.", EVENTS_SAID),
        ("Commands", "JetStream work queue; one consumer takes each.", COMMANDS_TAKEN),
        ("Live messages", "Core NATS, never awaited; losing one is harmless.", LIVE_SAID),
        ("Broadcasts", "Core NATS, to every replica.", CONTROLS_SAID),
    ):
        rows = [(_subject(s.address), s.payload.__name__, s.doc, _hearers(s.address)) for s in subjects]
        parts.append(_section(title, delivery, ("subject", "payload", "meaning", "heard by"), rows))
    questions = [
        (_subject(q.address), f"{q.request.__name__} → {q.response.__name__}", q.doc, _askers(q.address))
        for q in QUERIES
    ]
    parts.append(
        _section("Queries", "Core request/reply.", ("subject", "request → answer", "meaning", "asked by"), questions)
    )
    durables = [
        (f"`{d.name}`", d.stream.name, "<br>".join(f"`{s}`" for s in d.subjects), f"{d.ack_wait_seconds:g} s")
        for d in DURABLES.values()
    ]
    parts.append(_section("Durable consumers", "", ("name", "stream", "subjects", "ack wait"), durables))
    return "\n".join(parts)


def _streams() -> str:
    rows = [
        (
            s.name,
            ", ".join(f"`{subject}`" for subject in s.subjects),
            "work queue" if s.work_queue else "limits",
            f"{s.max_age_seconds / HOUR:g} h",
            f"{s.max_bytes / GIB:g} GiB",
        )
        for s in STREAMS
    ]
    return _section("Streams", "", ("name", "subjects", "keeps", "age", "size"), rows)


def _section(title: str, introduction: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"## {title}", ""]
    if introduction:
        lines += [introduction, ""]
    lines += [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _subject(address: Address) -> str:
    return f"`{'.'.join((address.stem, *(f'<{key}>' for key in address.keys)))}`"


def _askers(address: Address) -> str:
    return ", ".join(name for name, grants in GRANTS.items() if any(q.address == address for q in grants.asks)) or "-"


def _hearers(address: Address) -> str:
    by_durable = {d.service for d in DURABLES.values() if any(_covers(s, address) for s in d.subjects)}
    by_core = {name for name, grants in GRANTS.items() if any(_covers(s, address) for s in grants.hears)}
    return ", ".join(sorted(by_durable | by_core)) or "-"


def _covers(pattern: str, address: Address) -> bool:
    asked, given = pattern.split("."), address.wildcard.split(".")
    return len(asked) == len(given) and all(a in ("*", g) or g == "*" for a, g in zip(asked, given, strict=True))
