"""What this worker knows of all breakers, at no cost for a call: a view in memory, shared with the other workers aside.

An observation changes the view at once. A loop then writes it to where all workers share it, and tells the others what
opened or closed. While that place is away each worker goes by its own view; losing it loses no truth.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from palaver.contracts.ids import KeyId
from palaver.contracts.model_router import BreakerChanged
from palaver.model_router.blame import Part
from palaver.model_router.breaker import CLEAN, Breaker, BreakerPolicy, Observation, observe
from palaver.model_router.domain import Model
from palaver.servicekit.errors import Unavailable

MAX_CIRCUITS = 10_000
"""Beyond, those that are closed are forgotten."""
MAX_WAITING = 100
"""Observations of one breaker that wait for the shared place; the oldest are dropped, the view has them all."""
REFRESH_SECONDS = 5.0
"""Between two looks at what all workers know, for what was told while somebody was away."""
PAUSE_SECONDS = 1.0
"""After a failure the shared place is left alone this long."""

_log = structlog.get_logger()


class SharedBreakers(Protocol):
    """Where all workers keep them. Every method raises Unavailable."""

    async def load(self) -> Mapping[str, Breaker]:
        """All of them."""
        ...

    async def observe(self, circuit: str, seen: Sequence[Observation]) -> Breaker:
        """Fold these into what is shared, atomically."""
        ...

    async def claim_probe(self, circuit: str) -> bool:
        """Whether this worker may be the one that tries. Ends by itself, should the worker die."""
        ...

    async def release_probe(self, circuit: str) -> None:
        """The try is over."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A model at its provider, called with a key, and the breakers on the way there."""

    model: Model
    key_id: KeyId | None

    @property
    def circuits(self) -> dict[Part, str]:
        """The name of the breaker of each part."""
        provider = self.model.provider
        endpoint = f"{provider.base_url} {self.model.upstream}"
        names: dict[Part, str] = {
            "host": f"host {provider.base_url}",
            "endpoint": f"endpoint {endpoint}",
            "offer": f"offer {self.key_id or ''} {endpoint}",
        }
        return names if self.key_id is None else {**names, "key": key_circuit(self.key_id)}


def key_circuit(key_id: KeyId) -> str:
    """The name of a key's breaker."""
    return f"key {key_id}"


def part_of(circuit: str) -> str:
    """What a breaker of this name protects."""
    return circuit.split(" ", 1)[0]


class Circuits:
    """All breakers. A `Resource`; `run` is its loop, `tell` says to all workers what opened or closed."""

    def __init__(
        self,
        policy: BreakerPolicy,
        shared: SharedBreakers | None,
        tell: Callable[[BreakerChanged], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy
        self._shared = shared
        self._tell = tell
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._waiting: dict[str, list[Observation]] = {}
        self._probing: set[str] = set()
        self._work = asyncio.Event()
        self._turned = asyncio.Event()
        self.turns = 0
        """How often any of them opened or closed."""
        self.openings: Counter[tuple[str, str]] = Counter()
        """By part and error code."""

    async def start(self) -> None:
        """Learn what the others know; without the shared place, nothing."""
        with suppress(Unavailable):
            await self._refresh()

    async def stop(self) -> None:
        """Nothing to do."""

    # ---- the view --------------------------------------------------------------------------------------------------

    def of(self, circuit: str) -> Breaker:
        """What is known of it."""
        return self._breakers.get(circuit, CLEAN)

    def not_closed(self) -> Counter[str]:
        """How many are open or half open, by part."""
        return Counter(part_of(name) for name, breaker in self._breakers.items() if breaker.open_until is not None)

    @property
    def all_closed(self) -> bool:
        """Whether nothing is known to be broken."""
        return all(breaker.open_until is None for breaker in self._breakers.values())

    def now(self) -> float:
        """The clock that breakers go by."""
        return self._clock()

    def observe(self, circuit: str, seen: Observation) -> None:
        """Note it. What is well and stays well costs a look into a dictionary."""
        before = self._breakers.get(circuit)
        if before is None and seen.kind == "success":
            return
        self._put(circuit, observe(before or CLEAN, seen, self._policy))
        waiting = self._waiting.setdefault(circuit, [])
        waiting.append(seen)
        del waiting[:-MAX_WAITING]
        self._work.set()

    def reset(self, circuit: str) -> None:
        """Somebody changed what was wrong."""
        now = self._clock()
        if circuit in self._breakers:
            self.observe(circuit, Observation("reset", now, now))

    def hear(self, change: BreakerChanged) -> None:
        """Another worker saw it open or close."""
        told = Breaker((), change.opened_at, change.open_until, change.closed_at, change.openings, change.code)
        if told.turned_at > self.of(change.circuit).turned_at:
            self._put(change.circuit, self._with_waiting(change.circuit, told))

    async def turned(self, seconds: float) -> None:
        """Return when any breaker opened or closed, or after this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._turned.wait()

    def _put(self, circuit: str, breaker: Breaker) -> None:
        before = self.of(circuit)
        self._breakers[circuit] = breaker
        if before.open_until != breaker.open_until:
            _log.info("breaker_turned", circuit=circuit, opens=breaker.open_until is not None, code=breaker.code)
            self.turns += 1
            if breaker.open_until is not None:
                self.openings[part_of(circuit), breaker.code or ""] += 1
            self._turned.set()
            self._turned = asyncio.Event()
        if len(self._breakers) > MAX_CIRCUITS:
            self._breakers = {name: known for name, known in self._breakers.items() if known.open_until is not None}

    def _with_waiting(self, circuit: str, breaker: Breaker) -> Breaker:
        for seen in self._waiting.get(circuit, ()):
            breaker = observe(breaker, seen, self._policy)
        return breaker

    # ---- one try at a time -----------------------------------------------------------------------------------------

    async def claim_probe(self, circuit: str) -> bool:
        """Whether one call may try a half-open breaker now. Only here a call waits for the shared place."""
        if circuit in self._probing:
            return False
        self._probing.add(circuit)
        try:
            allowed = self._shared is None or await self._shared.claim_probe(circuit)
        except Unavailable:
            allowed = True
        except BaseException:
            self._probing.discard(circuit)
            raise
        if not allowed:
            self._probing.discard(circuit)
        return allowed

    async def release_probe(self, circuit: str) -> None:
        """The try is over, whatever came of it."""
        self._probing.discard(circuit)
        if self._shared is not None:
            with suppress(Unavailable):
                await self._shared.release_probe(circuit)

    # ---- sharing ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """For ever: write what was observed, tell what turned, and look now and then at what the others wrote."""
        told: dict[str, float | None] = {}
        loop = asyncio.get_running_loop()
        refresh_at = loop.time() + REFRESH_SECONDS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(refresh_at):
                    await self._work.wait()
            self._work.clear()
            try:
                for circuit in list(self._waiting):
                    await self._share(circuit, told)
                if loop.time() >= refresh_at:
                    await self._refresh()
            except Unavailable as outage:
                _log.warning("breakers_local", reason=outage.reason)
                await asyncio.sleep(PAUSE_SECONDS)
                self._work.set()
            if loop.time() >= refresh_at:
                self._forget(told)
                refresh_at = loop.time() + REFRESH_SECONDS

    async def _share(self, circuit: str, told: dict[str, float | None]) -> None:
        self._tell_turned(circuit, told)  # before anything that may fail: the others need not wait for the shared place
        if self._shared is None:
            self._waiting.pop(circuit, None)
            return
        seen = self._waiting.pop(circuit, [])
        try:
            agreed = await self._shared.observe(circuit, seen)
        except Unavailable:
            self._waiting[circuit] = [*seen, *self._waiting.get(circuit, [])][-MAX_WAITING:]
            raise
        self._put(circuit, self._with_waiting(circuit, agreed))
        self._tell_turned(circuit, told)

    def _tell_turned(self, circuit: str, told: dict[str, float | None]) -> None:
        known = self.of(circuit)
        if told.get(circuit) == known.open_until:
            return
        told[circuit] = known.open_until
        self._tell(
            BreakerChanged(
                circuit=circuit,
                opened_at=known.opened_at,
                open_until=known.open_until,
                closed_at=known.closed_at,
                openings=known.openings,
                code=known.code,
            )
        )

    async def _refresh(self) -> None:
        if self._shared is None:
            return
        for circuit, breaker in (await self._shared.load()).items():
            if circuit not in self._waiting and breaker.turned_at >= self.of(circuit).turned_at:
                self._put(circuit, breaker)

    def _forget(self, told: dict[str, float | None]) -> None:
        now = self._clock()
        for circuit, breaker in list(self._breakers.items()):
            if circuit not in self._waiting and breaker.forgettable(now, self._policy):
                del self._breakers[circuit]
                told.pop(circuit, None)
