"""Who is to blame for a failed provider call, and for how long nobody should try again. Pure.

| fault | blamed | opens |
|---|---|---|
| request (400, 413, 422), refusal, overflow, an answer that never ends | nobody | |
| key (401) | the key | until it is changed or tried anew |
| quota (402 and what means it) | the key | half an hour, growing |
| rate (429) | the key | as asked, else seconds, growing |
| forbidden (403), model (404) | this key for this model | ten minutes, growing |
| unreachable | the host | after several failures in a window |
| server (409, 5xx), overload (503, 529), timeout (408), stall, cut | the endpoint | after several, or as asked |

An endpoint is a model at a host.

Where no key is needed, what would be the key's fault is the endpoint's.
"""

from dataclasses import dataclass
from typing import Literal

from palaver.contracts.failures import ErrorCode
from palaver.model_router.breaker import Observation, OpenTime
from palaver.model_router.errors import Fault

Part = Literal["key", "offer", "endpoint", "host"]
"""What has a breaker: a key; a key for one model; a model at a host; a host."""

_UNTIL_CHANGED = OpenTime(None)
_LONG = OpenTime(1_800.0, 21_600.0)
_RATE = OpenTime(1.0, 300.0)
_OFFER = OpenTime(600.0, 3_600.0)
_TROUBLE = OpenTime(5.0, 120.0)

_BLAMED: dict[Fault, tuple[Part, Literal["trip", "failure"], OpenTime]] = {
    "key": ("key", "trip", _UNTIL_CHANGED),
    "quota": ("key", "trip", _LONG),
    "rate": ("key", "trip", _RATE),
    "forbidden": ("offer", "trip", _OFFER),
    "model": ("offer", "trip", _OFFER),
    "unreachable": ("host", "failure", _TROUBLE),
    "server": ("endpoint", "failure", _TROUBLE),
    "overload": ("endpoint", "failure", _TROUBLE),
    "timeout": ("endpoint", "failure", _TROUBLE),
    "stall": ("endpoint", "failure", _TROUBLE),
    "cut": ("endpoint", "failure", _TROUBLE),
}
_SAYS_NOTHING: dict[Part, frozenset[Fault]] = {
    # After an answer of whatever kind a host is there; a broken one says nothing about the key.
    "host": frozenset({"unreachable"}),
    "endpoint": frozenset({"unreachable", "rate"}),
    "key": frozenset({"unreachable", "server", "overload", "timeout", "stall", "cut"}),
    "offer": frozenset({"unreachable", "server", "overload", "timeout", "stall", "cut", "key", "quota", "rate"}),
}


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended: its fault, or None if it answered."""

    began_at: float
    at: float
    fault: Fault | None = None
    code: ErrorCode | None = None
    asked_seconds: float | None = None
    spread: float = 0.5


def observations(end: CallEnd, *, keyed: bool) -> dict[Part, Observation]:
    """What the end of a call says about each part; a part that it says nothing about is left out."""
    seen: dict[Part, Observation] = {}
    blamed = _BLAMED.get(end.fault) if end.fault is not None else None
    for part in ("key", "offer", "endpoint", "host"):
        if not keyed and part == "key":
            continue
        if end.fault is None or end.fault not in _SAYS_NOTHING[part]:
            seen[part] = Observation("success", end.began_at, end.at)
    if blamed is not None:
        part, kind, open_time = blamed
        if part == "key" and not keyed:
            part = "endpoint"
            # Nobody can change a key that there is not.
            open_time = _OFFER if open_time is _UNTIL_CHANGED else open_time
        asks = kind == "failure" and end.asked_seconds is not None and part == "endpoint"
        seen[part] = Observation(
            "trip" if asks else kind, end.began_at, end.at, end.code, open_time, end.asked_seconds, end.spread
        )
    return seen
