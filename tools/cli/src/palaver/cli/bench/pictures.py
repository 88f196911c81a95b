"""What a trace of Chromium says about the main thread of a page: how much it worked for each picture. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = "__metadata,toplevel,devtools.timeline,disabled-by-default-devtools.timeline.frame"
"""What has to be traced."""
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
COMPLETE = "X"
"""The phase of an event that has begun and ended within the trace."""
NEW_PICTURE = "BeginMainThreadFrame"
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Milliseconds. `work`: CPU time of the main thread from one picture's beginning to the next one's.

    `tasks`: CPU time of every task; what else ran on the machine is in neither.
    """

    work: Sequence[float]
    tasks: Sequence[float]
    seconds: float
    parts: dict[str, float]
    """What the time went to, as far as the browser names it."""


def pictures(events: Sequence[Event]) -> Pictures:
    """Of the page that worked most. Raises ValueError where the trace has no pictures."""
    page = _busiest(events)
    own = [event for event in events if (event["pid"], event["tid"]) == page]
    begins = sorted(event["ts"] for event in own if event["name"] == NEW_PICTURE)
    if len(begins) < 2:  # noqa: PLR2004 - between two
        raise ValueError("the trace shows no pictures")
    tasks = _outermost(own)
    work = [0.0] * (len(begins) - 1)
    number = 0
    for begin, cpu in tasks:
        while number < len(work) and begin >= begins[number + 1]:
            number += 1
        if begins[0] <= begin < begins[-1]:
            work[number] += cpu
    parts = Counter[str]()
    for event in own:
        if event["ph"] == COMPLETE and event["name"] not in TASKS:
            parts[event["name"]] += event.get("tdur", 0) / 1_000
    return Pictures(work, [cpu for _, cpu in tasks], (begins[-1] - begins[0]) / 1e6, dict(parts.most_common(8)))


def _busiest(events: Sequence[Event]) -> tuple[int, int]:
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    busy = Counter[tuple[int, int]]()
    for event in events:
        thread = event["pid"], event["tid"]
        if thread in mains and event["name"] in TASKS:
            busy[thread] += event.get("tdur", 0)
    if not busy:
        raise ValueError("the trace shows no page")
    return busy.most_common(1)[0][0]


def _outermost(events: Sequence[Event]) -> list[tuple[int, float]]:
    """Begin and CPU milliseconds of each task that is not part of another."""
    found = list[tuple[int, float]]()
    until = 0
    whole = [event for event in events if event["name"] in TASKS and event["ph"] == COMPLETE]
    for event in sorted(whole, key=lambda event: event["ts"]):
        if event["ts"] >= until:
            found.append((event["ts"], event.get("tdur", 0) / 1_000))
            until = event["ts"] + event["dur"]
    return found
