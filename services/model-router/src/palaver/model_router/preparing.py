"""Everything that a turn needs before its provider is called: the window and the key side by side, then the money.

The first two leave nothing to be given back, so they are asked for while the turn is still being claimed.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

import structlog

from palaver.contracts.context import BuildWindow, Cut, Window
from palaver.contracts.ids import UserId
from palaver.contracts.keyvault import LeaseForTurn
from palaver.contracts.model_router import RunTurn
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router import cost
from palaver.model_router.domain import Model, Prompt, ProviderCall
from palaver.model_router.itineraries import Itineraries
from palaver.model_router.itinerary import Itinerary
from palaver.model_router.ports import BudgetSource, WindowSource, WishSource
from palaver.model_router.registry import Registry
from palaver.model_router.route import Route
from palaver.model_router.routing import substitutes_of
from palaver.model_router.tuning import preferred, tuned
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import backoff_seconds, ended

LONGEST_PAUSE_SECONDS = 2.0
TIGHTER = 0.75
"""What is left of a window that the provider found too long: estimates of tokenizers that are not published have been
a third too low."""

T = TypeVar("T")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A call, and the window that it was made from."""

    call: ProviderCall
    window: Window
    amount: Decimal
    """What the call can cost at most, in US dollars."""
    tightened: bool = False

    @property
    def model(self) -> Model:
        """The model to be called."""
        return self.call.model

    @property
    def prompt(self) -> Prompt:
        """What it is, in tokens."""
        return Prompt(self.window.used, self.window.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Fitted):
    """A call ready to be made, and the way that it goes."""

    route: Route
    itinerary: Itinerary


class Preparation:
    """Asks the neighbours. A neighbour that is down is asked again until the turn's own time is over.

    `note` hears for whom which model is to answer, and must not wait.
    """

    def __init__(
        self,
        registry: Registry,
        windows: WindowSource,
        itineraries: Itineraries,
        budgets: BudgetSource,
        wishes: WishSource,
        *,
        note: Callable[[UserId, str], None],
    ) -> None:
        self._registry = registry
        self._windows = windows
        self._itineraries = itineraries
        self._budgets = budgets
        self._wishes = wishes
        self._note = note

    @asynccontextmanager
    async def ahead(self, order: RunTurn) -> AsyncGenerator["asyncio.Task[Prepared]"]:
        """The call, being made ready while the block runs; given up at its end. Raises nothing itself."""
        task = asyncio.create_task(self._prepare(order))
        try:
            yield task
        finally:
            await ended([task])
            # Also where it was given up in the moment in which it was ready: a route is busy while it is held.
            if not task.cancelled() and task.exception() is None:
                await task.result().itinerary.leave()

    async def reserve(self, order: RunTurn, prepared: Prepared) -> None:
        """Set the call's money aside. Raises Failure: no money, …"""
        await patiently(lambda: self._budgets.reserve(order, prepared.model.id, prepared.amount))

    async def _prepare(self, order: RunTurn) -> Prepared:
        """Raises Failure: unknown model, no key, …; ProviderFailed where nothing can be called."""
        model = await patiently(lambda: self._registry.model(order.turn.model))
        self._note(order.payer, model.id)
        work = LeaseForTurn(turn_id=order.turn.turn_id, payer=order.payer)
        models = substitutes_of(model, self._registry.catalogue)

        def seconds_left() -> float:
            return (order.deadline - datetime.now(UTC)).total_seconds()

        itinerary = self._itineraries.over(models, work, seconds_left)
        try:
            window, wishes, route = await _together(
                patiently(lambda: self._windows.build(_window_of(order, model))),
                self._wishes.of(order.payer, model.id),
                patiently(itinerary.next),
            )
            if route.model.profile != model.profile:
                return await self._anew(order, route, itinerary)
            return self._made(order, window, wishes, route, itinerary)
        except BaseException:
            await itinerary.leave()
            raise

    async def again(self, order: RunTurn, failed: Prepared) -> Prepared:
        """The call by the next route; another model has a window and a price of its own.

        Raises Failure: no money, …; ProviderFailed where nothing more can be called.
        """
        route = await patiently(failed.itinerary.next)
        if (route.model.id, route.model.profile) == (failed.model.id, failed.model.profile):
            return replace(failed, call=replace(failed.call, model=route.model, key=route.key), route=route)
        prepared = await self._anew(order, route, failed.itinerary)
        await self.reserve(order, prepared)
        return prepared

    async def _anew(self, order: RunTurn, route: Route, itinerary: Itinerary) -> Prepared:
        """For another model than the turn's own, or for another format."""
        window = await patiently(lambda: self._windows.build(_window_of(order, route.model)))
        return self._made(order, window, await self._wishes.of(order.payer, route.model.id), route, itinerary)

    @staticmethod
    def _made(order: RunTurn, window: Window, wishes: AnswerSettings, route: Route, itinerary: Itinerary) -> Prepared:
        model = route.model
        tuning = tuned(preferred(order.settings, wishes), model)
        call = ProviderCall(
            model,
            route.key,
            window.messages,
            tuning.max_tokens,
            window.stable,
            temperature=tuning.temperature,
            top_p=tuning.top_p,
        )
        amount = cost.ceiling(model, window.used, tuning.max_tokens)
        return Prepared(call=call, window=window, amount=amount, route=route, itinerary=itinerary)

    async def tightened(self, order: RunTurn, refused: Prepared) -> Prepared:
        """The same call with a smaller window, after the provider refused this one as too long. What is reserved
        suffices. Raises Failure where what must be said does not fit into less.
        """
        request = _window_of(order, refused.model, at_most=int(refused.window.used * TIGHTER))
        window = await patiently(lambda: self._windows.build(request))
        call = replace(refused.call, messages=window.messages, stable=window.stable)
        return replace(refused, call=call, window=window, tightened=True)


def _window_of(order: RunTurn, model: Model, *, at_most: int | None = None) -> BuildWindow:
    return BuildWindow(
        session_id=order.session_id,
        participant_id=order.turn.participant_id,
        min_seq=order.min_seq,
        before=Cut(branch=order.turn.branch, round=order.turn.round, step=order.turn.step),
        profile=model.profile,
        at_most=at_most,
    )


async def _together(
    window: Awaitable[Window], wishes: Awaitable[AnswerSettings], route: Awaitable[Route]
) -> tuple[Window, AnswerSettings, Route]:
    """All results; the first failure ends the others and is raised as it is, not as a group."""
    tasks = asyncio.ensure_future(window), asyncio.ensure_future(wishes), asyncio.ensure_future(route)
    try:
        return await asyncio.gather(*tasks)
    finally:
        await ended(tasks)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, however long its owner is away. Raises Failure."""
    failures = 0
    while True:
        try:
            return await ask()
        except Unavailable as outage:
            failures += 1
            _log.warning("work_waits_for_neighbour", dependency=outage.dependency, failures=failures)
            await asyncio.sleep(backoff_seconds(failures, longest=LONGEST_PAUSE_SECONDS))
