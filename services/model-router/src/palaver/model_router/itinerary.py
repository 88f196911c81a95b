"""The way of one answer through keys, endpoints and models: which comes next, how long to wait for it, when to give up.

In this order: the model's keys, the other endpoints of the same model, its fallback models. What is known to be broken
is not called; while everything is, the answer waits for what is well first, within its time and its patience.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import structlog

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.keyvault import LeaseForCompletion, LeaseForTurn
from palaver.model_router.blame import Part
from palaver.model_router.breaker import FOREVER_SECONDS
from palaver.model_router.circuits import Place
from palaver.model_router.domain import Key, Model
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.ports import KeySource
from palaver.model_router.route import Route, Surroundings
from palaver.model_router.routing import RetryPolicy, pause_before_retry
from palaver.model_router.selection import Candidate, ranked

PROBE_PATIENCE_SECONDS = 0.5
"""What somebody else tries at the moment is looked at again after this, if nothing is heard before."""
ANOTHER_KEY = frozenset({ErrorCode.NOT_FOUND, ErrorCode.KEY_LOCKED, ErrorCode.KEY_QUOTA_EXCEEDED})
"""Why a single key is not lent, while others may be."""
NO_KEY = frozenset({ErrorCode.KEY_MISSING, ErrorCode.KEY_INVALID, *ANOTHER_KEY})

_log = structlog.get_logger()


class Itinerary:
    """Made for one turn or side job, which asks for a route before each call, and tells of each failure."""

    def __init__(
        self,
        around: Surroundings,
        keys: KeySource,
        policy: RetryPolicy,
        *,
        models: Sequence[Model],
        work: LeaseForTurn | LeaseForCompletion,
        seconds_left: Callable[[], float],
    ) -> None:
        self._around = around
        self._keys = keys
        self._policy = policy
        self._models = models
        self._work = work
        self._seconds_left = seconds_left
        self._failures: Counter[Model] = Counter()
        self._last: ProviderFailed | None = None
        self._calls = 0
        self._waited = 0.0
        self._blocked: list[tuple[float, ErrorCode | None]] = []
        self._route: Route | None = None

    async def next(self) -> Route:
        """The route for the next call. Raises ProviderFailed, Failure(KEY_…), Unavailable."""
        while True:
            refused: Failure | None = None
            self._blocked.clear()
            for model in self._in_order():
                try:
                    route = await self._at(model)
                except Failure as failure:
                    if failure.code not in NO_KEY:
                        raise
                    refused = refused or failure
                    continue
                if route is not None:
                    self._route = route
                    return route
            await self._wait(refused)

    async def leave(self) -> None:
        """Nothing more is called. May be called again."""
        if self._route is not None:
            await self._route.leave()

    async def failed(self, failure: ProviderFailed, model: Model) -> None:
        """A call failed before its first token. Returns when another one may be made.

        Raises the failure if there is to be no other call.
        """
        self._calls += 1
        self._last = failure
        if failure.fault == "request" or self._calls >= self._policy.max_calls:
            raise failure
        if failure.retryable and failure.fault != "rate":
            self._failures[model] += 1
            if next(self._in_order()) is model:
                await self._pause(failure, model)

    async def _pause(self, failure: ProviderFailed, model: Model) -> None:
        pause = pause_before_retry(
            self._policy,
            failures=self._failures[model],
            seconds_left=self._seconds_left(),
            spread=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        if pause is None:
            raise failure
        await asyncio.sleep(pause)

    def _in_order(self) -> Iterator[Model]:
        """As configured; but what has just failed twice comes after what has not."""
        return iter(sorted(self._models, key=lambda model: self._failures[model] // self._policy.calls_per_endpoint))

    async def _at(self, model: Model) -> Route | None:
        """A route to this model, or None if every one is blocked. Raises Failure(KEY_…), Unavailable."""
        refused: Failure | None = None
        candidates = await self._keys.candidates(model.provider, self._work.payer)
        for candidate in ranked(candidates, self._around.loads.by_key):
            probes = await self._passage(model, candidate)
            if probes is None:
                continue
            key: Key | None = None
            try:
                key = await self._keys.lend(model.provider, candidate, self._work)
            except Failure as failure:
                if failure.code not in ANOTHER_KEY:
                    raise
                refused = failure
            finally:
                if key is None:
                    await self._release(probes)
            if key is not None:
                return Route(self._around, model, key, self._work.payer, probes)
        if refused is not None and not self._blocked:
            raise refused
        return None

    async def _passage(self, model: Model, candidate: Candidate) -> tuple[str, ...] | None:
        """The half-open breakers that this call may try, or None if one on the way is open or is being tried."""
        circuits = self._around.circuits
        now = circuits.now()
        probes: list[str] = []
        half_open: list[str] = []
        names: dict[Part, str] = Place(model, candidate.id).circuits
        for circuit in names.values():
            breaker = circuits.of(circuit)
            phase = breaker.phase(now)
            if phase == "open":
                self._blocked.append((breaker.open_until or now, breaker.code))
                return None
            if phase == "half_open":
                half_open.append(circuit)
        for circuit in half_open:
            if not await circuits.claim_probe(circuit):
                self._blocked.append((now + PROBE_PATIENCE_SECONDS, circuits.of(circuit).code))
                await self._release(probes)
                return None
            probes.append(circuit)
        return tuple(probes)

    async def _release(self, probes: Sequence[str]) -> None:
        for circuit in probes:
            await self._around.circuits.release_probe(circuit)

    async def _wait(self, refused: Failure | None) -> None:
        """Until something may be well. Raises why there is nothing to wait for."""
        now = self._around.circuits.now()
        until, code = min(self._blocked, default=(now + FOREVER_SECONDS, None), key=lambda blocked: blocked[0])
        seconds = max(0.0, until - now)
        patience = min(self._policy.longest_retry_after_seconds - self._waited, self._seconds_left())
        if seconds > patience:
            raise self._last or _blocked(code, seconds) or refused or ProviderFailed(ErrorCode.KEY_MISSING, "no key")
        _log.info("call_waits_for_breaker", seconds=round(seconds, 3), code=code)
        began = self._around.circuits.now()
        await self._around.circuits.turned(seconds)
        self._waited += self._around.circuits.now() - began


def _blocked(code: ErrorCode | None, seconds: float) -> ProviderFailed | None:
    return None if code is None else ProviderFailed(code, "breaker open", refused=True, retry_after_seconds=seconds)
