"""A circuit breaker as a value: what is known of one key, endpoint or host, and what an observation makes of it. Pure.

Observations are folded in the order in which they arrive, by any worker, and lead to the same state everywhere: even
the random part of an open time is drawn by whoever observed. Times are seconds since the epoch.
"""

from dataclasses import dataclass, replace
from typing import Literal

from palaver.contracts.failures import ErrorCode

Phase = Literal["closed", "open", "half_open"]
JITTER = 0.25
"""Open times are spread by so much to either side, and what a provider asks for is prolonged by at most so much."""
LONGEST_ASKED_SECONDS = 86_400.0
"""What a provider asks for is believed up to a day."""
FOREVER_SECONDS = 100 * 365 * 86_400.0
"""Until somebody changes something."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """A breaker opens by itself after `failures` in a window, if they are this `share` of all calls in it.

    One that opens again within `memory_seconds` after it closed stays open for longer.
    """

    failures: int = 5
    share: float = 0.5
    window_seconds: float = 30.0
    memory_seconds: float = 600.0

    @property
    def slice_seconds(self) -> float:
        """The window moves by such steps."""
        return self.window_seconds / 6


@dataclass(frozen=True, slots=True)
class OpenTime:
    """The first open time, which doubles with every further one, up to the longest. None: until somebody changes
    something, which no time does."""

    first_seconds: float | None
    longest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """How a call went. `trip` opens at once, `failure` counts. `spread` is random, 0 to 1.

    After a `reset`, by whoever changed something, nothing bad is known.
    """

    kind: Literal["success", "failure", "trip", "reset"]
    began_at: float
    at: float
    code: ErrorCode | None = None
    open_time: OpenTime = OpenTime(5.0, 120.0)
    asked_seconds: float | None = None
    spread: float = 0.5


@dataclass(frozen=True, slots=True)
class Slice:
    """Calls that ended in one step of the window, which began at `since`."""

    since: float
    failures: int = 0
    successes: int = 0


@dataclass(frozen=True, slots=True)
class Breaker:
    """`open_until` is None while it is closed. `openings` counts those that followed each other closely."""

    slices: tuple[Slice, ...] = ()
    opened_at: float = 0.0
    open_until: float | None = None
    closed_at: float = 0.0
    openings: int = 0
    code: ErrorCode | None = None

    def phase(self, now: float) -> Phase:
        """Half open: one call at a time may find out whether it is well again."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    @property
    def turned_at(self) -> float:
        """When it opened or closed last."""
        return max(self.opened_at, self.closed_at)

    def forgettable(self, now: float, policy: BreakerPolicy) -> bool:
        """Nothing is lost without it."""
        recent = any(step.failures for step in _recent(self.slices, now, policy))
        return self.open_until is None and not recent and now - self.closed_at > policy.memory_seconds


CLEAN = Breaker()
"""Nothing bad is known."""


def observe(breaker: Breaker, seen: Observation, policy: BreakerPolicy) -> Breaker:
    """The breaker after the observation."""
    if seen.kind == "reset":
        return Breaker(opened_at=breaker.opened_at, closed_at=seen.at)
    if breaker.open_until is None:
        return _observe_closed(breaker, seen, policy)
    # A call that began before the breaker was half open says nothing about how things are since then.
    probe = seen.began_at >= breaker.open_until
    if seen.kind == "success":
        return replace(breaker, slices=(), open_until=None, closed_at=seen.at, code=None) if probe else breaker
    if probe:
        return _opened(breaker, seen, breaker.openings + 1)
    if seen.kind == "trip":
        later = _opened(breaker, seen, breaker.openings)
        longer = later.open_until is not None and later.open_until > breaker.open_until
        return replace(later, opened_at=breaker.opened_at) if longer else breaker
    return breaker


def _observe_closed(breaker: Breaker, seen: Observation, policy: BreakerPolicy) -> Breaker:
    slices = _counted(_recent(breaker.slices, seen.at, policy), seen, policy)
    failures = sum(step.failures for step in slices)
    calls = failures + sum(step.successes for step in slices)
    enough = seen.kind == "failure" and failures >= policy.failures and failures >= policy.share * calls
    if seen.began_at < breaker.opened_at or not (enough or seen.kind == "trip"):
        # It began before the breaker opened and closed again: counted, but not believed.
        return replace(breaker, slices=slices)
    again = breaker.openings > 0 and seen.at - breaker.closed_at <= policy.memory_seconds
    return _opened(breaker, seen, breaker.openings + 1 if again else 1)


def _opened(breaker: Breaker, seen: Observation, openings: int) -> Breaker:
    return replace(
        breaker,
        slices=(),
        opened_at=seen.at,
        open_until=seen.at + open_seconds(seen, openings),
        openings=openings,
        code=seen.code,
    )


def open_seconds(seen: Observation, openings: int) -> float:
    """How long the `openings`-th opening in a row lasts: what the provider asks for is a minimum, and a first opening
    lasts no longer than that."""
    time = seen.open_time
    if time.first_seconds is None:
        return FOREVER_SECONDS
    # 2 ** 30 is beyond every longest time, and far from the end of floats.
    grown: float = min(time.longest_seconds, time.first_seconds * 2.0 ** min(openings - 1, 30))
    grown *= 1 + JITTER * (2 * seen.spread - 1)
    if seen.asked_seconds is None:
        return grown
    asked = min(seen.asked_seconds, LONGEST_ASKED_SECONDS) * (1 + JITTER * seen.spread)
    return max(asked, grown) if openings > 1 else asked


def _recent(slices: tuple[Slice, ...], now: float, policy: BreakerPolicy) -> tuple[Slice, ...]:
    return tuple(step for step in slices if step.since > now - policy.window_seconds)


def _counted(slices: tuple[Slice, ...], seen: Observation, policy: BreakerPolicy) -> tuple[Slice, ...]:
    failed = seen.kind != "success"
    *earlier, newest = slices or (Slice(seen.at),)
    if seen.at - newest.since >= policy.slice_seconds:
        earlier, newest = [*earlier, newest], Slice(seen.at)
    counted = replace(newest, failures=newest.failures + failed, successes=newest.successes + (not failed))
    return (*earlier, counted)
