"""A run over bad keys as a table for people. Pure."""

from collections import Counter

from faultlab.bad_keys import KEYS
from faultlab.key_judge import Evidence


def report(seen: Evidence) -> str:
    """Markdown."""
    endings = Counter(turn.code or "answered" for turn in seen.turns)
    lost = sum(call.outcome == "lost" for call in seen.booked)
    lines = [
        f"{len(seen.turns)} turns: {_counts(endings)}.",
        f"{len(seen.served)} calls served, {len(seen.booked) - lost} booked, {lost} estimated;",
        f"{len(seen.killed_at)} workers killed.",
        "",
        "| key | calls | answered whole | refused or broken by |",
        "|---|---|---|---|",
    ]
    for key in KEYS:
        calls = [call for call in seen.served if call.key == key.name]
        faults = Counter(call.fault for call in calls if call.fault)
        whole = sum(call.completed for call in calls)
        lines.append(f"| {key.name}, {key.provider} | {len(calls)} | {whole} | {_counts(faults)} |")
    return "\n".join(lines)


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counted.most_common())
