"""What is promised about bad keys, as rules over what a run left behind. Pure; each rule lists what breaks it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from faultlab.bad_keys import KEYS, KINDS, UNTIL_TRIED
from faultlab.matching import pairs
from palaver.contracts.limits import MAX_ISSUED_TURNS_PER_PAYER

NOTICED_SECONDS = 0.75
"""Until every worker knows what one of them was told, on a machine that is busy."""
FIRST_RENEWAL_SECONDS = 3.0
"""A call of a worker that dies so soon after the call's start may stay unbooked: nobody else knew of it."""
ON_THE_WAY = MAX_ISSUED_TURNS_PER_PAYER
"""At most so many calls of a dying worker had begun and not reached the provider; nobody can know, so they are
estimated."""
LONGEST_WAY_SECONDS = 60.0
"""From a worker to a provider, on a machine that has no time for either."""
CLOCK_SECONDS = 0.05
"""A moment read twice."""
WORKER_PATIENCE_SECONDS = 3.0
"""Silence after which a worker gives a call up, while its provider may believe that it went on to the end."""
DYING_SECONDS = 0.5
"""What a provider sent so shortly before its reader died may never have been read."""
CLEAR = frozenset(
    {
        "KEY_INVALID",
        "PROVIDER_QUOTA",
        "PROVIDER_RATE_LIMITED",
        "PROVIDER_UNAVAILABLE",
        "PROVIDER_TIMEOUT",
        "PROVIDER_STREAM_BROKEN",
        "INTERRUPTED",
    }
)


@dataclass(frozen=True, slots=True)
class Served:
    """A call that reached a provider, as the provider has it. Times are those of the system's clock."""

    key: str
    model: str
    at: float
    fault: str | None = None
    asked_seconds: float | None = None
    completed: bool = False
    ended_at: float | None = None
    tokens_output: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """A call in the books. `outcome` is `lost` for an estimate of a call whose worker died; `at` is when the worker
    began it, which is long before it is served where a machine has no time for its processes."""

    key: str | None
    model: str
    at: float
    outcome: str
    estimated: bool = False
    tokens_output: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn as it is stored, and how many entries of the room's log end it."""

    turn: str
    ending: str | None
    code: str | None
    log_ends: int
    characters: int


@dataclass(slots=True)
class Evidence:
    """All that is judged. `tried`: from when to when somebody tried all keys anew; the last one is after all faults."""

    turns: list[Ended] = field(default_factory=list[Ended])
    served: list[Served] = field(default_factory=list[Served])
    booked: list[Booked] = field(default_factory=list[Booked])
    killed_at: list[float] = field(default_factory=list[float])
    tried: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])


def every_turn_ends_in_an_answer_or_one_clear_error(seen: Evidence) -> Iterable[str]:
    """Once, in the store and in the log that everybody sees."""
    for turn in seen.turns:
        good = turn.characters > 0 if turn.ending == "replied" else turn.ending == "failed" and turn.code in CLEAR
        if not good or turn.log_ends != 1:
            yield f"{turn.turn}: {turn.ending} {turn.code}, {turn.characters} characters, {turn.log_ends} ends"


def no_key_is_hammered(seen: Evidence) -> Iterable[str]:
    """Nobody calls with a key that is known to be bad, beyond the calls that were on their way."""
    for refused in seen.served:
        until = _left_alone_until(refused, seen.tried)
        for call in seen.booked:
            if call.key != refused.key or call.outcome == "lost" or _tried(refused.at, call.at, seen.tried):
                continue
            if refused.at + NOTICED_SECONDS < call.at < until:
                yield f"{call.key}: {refused.fault} at {refused.at:.2f}, called at {call.at:.2f}"


def what_is_well_again_is_used_again(seen: Evidence) -> Iterable[str]:
    """At the end each key answers; and a limited one does so by itself before, unless something else took it out."""
    healed_at = seen.tried[-1][0] if seen.tried else 0.0
    calls_of = _by_key(seen.served)
    for name in (key.name for key in KEYS):
        calls = calls_of.get(name, ())
        if not any(call.completed and call.at > healed_at for call in calls):
            yield f"{name} is not used at the end"
    if not any(_came_back(calls, seen.tried) for calls in calls_of.values()):
        yield "no limited key came back by itself"


def calls_booked_are_calls_served(seen: Evidence) -> Iterable[str]:
    """Key by key, whole answers token by token. What a death left open is an estimate, listed apart."""
    for call in seen.booked:
        if call.outcome == "lost" and not call.estimated:
            yield f"it cannot be known, and is not flagged: {call}"
        if call.key is None:
            yield f"it is not known whose quota it counts to: {call}"
    lost = Counter(call.model for call in seen.booked if call.outcome == "lost")
    booked = sorted((call for call in seen.booked if call.outcome != "lost"), key=lambda one: one.at)
    served = sorted(seen.served, key=lambda one: (_in_flight(one, seen.killed_at) is not None, one.at))
    same = pairs(served, booked, _same)
    for place, call in enumerate(served):
        if place in same:
            continue
        if (killed_at := _in_flight(call, seen.killed_at)) is None:
            yield f"not booked: {call}"
        elif lost[call.model]:
            lost[call.model] -= 1
        elif call.at < killed_at - FIRST_RENEWAL_SECONDS:
            yield f"not even estimated: {call}"
    left = set(range(len(booked))) - set(same.values())
    yield from (f"booked, not served: {booked[place]}" for place in left)
    if sum(lost.values()) > ON_THE_WAY * len(seen.killed_at):
        yield f"estimated, not served: {lost}"


def everything_went_wrong_that_was_to(seen: Evidence) -> Iterable[str]:
    """A run in which nothing strikes proves nothing."""
    struck = {call.fault for call in seen.served}
    yield from (f"{kind} never struck" for kind in sorted(KINDS - struck))
    limits = {call.asked_seconds is None for call in seen.served if call.fault == "rate_limit"}
    if len(limits) == 1:
        yield "rate limits with, and without, a time to wait belong to it"
    if len(seen.killed_at) != 2:
        yield f"{len(seen.killed_at)} workers were killed"


RULES: Sequence[Callable[[Evidence], Iterable[str]]] = (
    every_turn_ends_in_an_answer_or_one_clear_error,
    no_key_is_hammered,
    what_is_well_again_is_used_again,
    calls_booked_are_calls_served,
    everything_went_wrong_that_was_to,
)


def judge(seen: Evidence) -> list[str]:
    """What is broken, by rule."""
    return [f"{rule.__name__}: {what}" for rule in RULES for what in rule(seen)]


def _by_key(served: Iterable[Served]) -> Mapping[str, list[Served]]:
    by_key: dict[str, list[Served]] = {}
    for call in sorted(served, key=lambda one: one.at):
        by_key.setdefault(call.key, []).append(call)
    return by_key


def _left_alone_until(refused: Served, tried: Sequence[tuple[float, float]]) -> float:
    if refused.asked_seconds is not None:
        return refused.at + refused.asked_seconds
    if refused.fault in UNTIL_TRIED:
        return min((began for began, ended in tried if ended > refused.at), default=float("inf"))
    return refused.at


def _tried(since: float, until: float, tried: Sequence[tuple[float, float]]) -> bool:
    return any(ended > since and began < until for began, ended in tried)


def _came_back(calls: Sequence[Served], tried: Sequence[tuple[float, float]]) -> bool:
    limited = [call.at for call in calls if call.fault == "rate_limit"]
    return any(
        call.completed and any(at + NOTICED_SECONDS < call.at and not _tried(at, call.at, tried) for at in limited)
        for call in calls
    )


def _in_flight(call: Served, killed_at: Sequence[float]) -> float | None:
    """The death during which it ran."""
    ended_at = float("inf") if call.ended_at is None else call.ended_at
    return next((at for at in killed_at if call.at <= at <= ended_at + DYING_SECONDS), None)


def _same(served: Served, booked: Booked) -> bool:
    on_its_way = -CLOCK_SECONDS <= served.at - booked.at <= LONGEST_WAY_SECONDS
    if not on_its_way or (served.key, served.model) != (booked.key, booked.model):
        return False
    if booked.outcome == "completed":
        return served.completed and served.tokens_output == booked.tokens_output
    return not served.completed or (served.ended_at or served.at) - served.at > WORKER_PATIENCE_SECONDS
