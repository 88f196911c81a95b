"""The use-case: run one delivery of a side job. Like a turn, but nobody claims it or reads it before its end."""

import asyncio

import structlog

from palaver.contracts import limits
from palaver.contracts.analytics import ReserveCompletion
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CallId, new_id
from palaver.contracts.keyvault import LeaseForCompletion
from palaver.contracts.session_log import Usage
from palaver.model_router import cost
from palaver.model_router.calling import FinishReason, ProviderCalls
from palaver.model_router.completion import RunningCompletion
from palaver.model_router.completion_outcomes import CompletionEnding, Overtaken, Released, completion_fact
from palaver.model_router.completion_prompts import answer_tokens, prompt_of, shaped
from palaver.model_router.domain import Prompt, ProviderCall
from palaver.model_router.errors import ProviderFailed, RouteClosed
from palaver.model_router.interrupting import Interrupted
from palaver.model_router.itineraries import Itineraries
from palaver.model_router.itinerary import Itinerary
from palaver.model_router.metrics import RouterMetrics
from palaver.model_router.outcomes import Completed, Failed
from palaver.model_router.ports import BudgetSource, Events, Superseded
from palaver.model_router.preparing import patiently
from palaver.model_router.registry import Registry
from palaver.model_router.retrying import Retrying
from palaver.model_router.route import Route
from palaver.model_router.routing import endpoints_of

_log = structlog.get_logger()


class Completing:
    """Runs side jobs, each in its caller's task."""

    def __init__(
        self,
        *,
        registry: Registry,
        itineraries: Itineraries,
        budgets: BudgetSource,
        calls: ProviderCalls,
        retrying: Retrying,
        events: Events,
        completion_seconds: float,
        metrics: RouterMetrics,
    ) -> None:
        self._registry = registry
        self._itineraries = itineraries
        self._budgets = budgets
        self._calls = calls
        self._retrying = retrying
        self._events = events
        self._completion_seconds = completion_seconds
        self._metrics = metrics

    async def run(self, job: RunningCompletion) -> CompletionEnding:
        """Run it to its end. Returns when the broker has every call's fact."""
        with self._metrics.completions_running.track_inprogress():
            async with asyncio.TaskGroup() as saying:
                ending = await self._complete(job, saying)
        self._count(job, ending)
        return ending

    async def _complete(self, job: RunningCompletion, saying: asyncio.TaskGroup) -> CompletionEnding:
        if job.delivery >= limits.MAX_COMPLETION_DELIVERIES:
            return Failed(ErrorCode.INTERRUPTED, "The side job was interrupted too often.")
        try:
            async with job.interruptible(self._completion_seconds):
                return await self._converse(job, saying)
        except Interrupted as interrupted:
            if interrupted.reason == "released":
                return Released()
            return Failed(ErrorCode.TIMEOUT, "The side job's time is over.")
        except Superseded as superseded:
            return Overtaken(superseded.over)
        except (ProviderFailed, Failure) as failure:
            return Failed(failure.code, failure.message)

    async def _converse(self, job: RunningCompletion, saying: asyncio.TaskGroup) -> CompletionEnding:
        order = job.order
        model = await patiently(lambda: self._registry.model(order.model_id))
        prompt = prompt_of(order, model)
        ends_at = asyncio.get_running_loop().time() + self._completion_seconds
        work = LeaseForCompletion(completion_id=order.completion_id, payer=order.payer)
        itinerary = self._itineraries.over(
            endpoints_of(model, self._registry.catalogue), work, lambda: ends_at - asyncio.get_running_loop().time()
        )
        try:
            return await self._ask_until_answered(job, itinerary, prompt, saying)
        finally:
            await itinerary.leave()

    async def _ask_until_answered(
        self, job: RunningCompletion, itinerary: Itinerary, prompt: Prompt, saying: asyncio.TaskGroup
    ) -> CompletionEnding:
        order = job.order
        while True:
            route = await patiently(itinerary.next)
            call = ProviderCall(
                route.model,
                route.key,
                shaped(order, route.model),
                answer_tokens(order, route.model),
                call_id=CallId(new_id()),
            )
            await self._reserve(job, call, prompt)
            job.raise_if_interrupted()
            try:
                finish = await self._call(job, route, call, prompt, saying)
            except RouteClosed:
                continue
            except ProviderFailed as failure:
                await self._retrying.another_or_give_up(
                    failure,
                    route,
                    itinerary,
                    saying,
                    completion=order.completion_id,
                    delivery=job.delivery,
                    call=job.calls_made,
                )
            else:
                if not job.text:
                    return Failed(ErrorCode.PROVIDER_REFUSED, "The model gave no answer.")
                return Completed(finish)

    async def _reserve(self, job: RunningCompletion, call: ProviderCall, prompt: Prompt) -> None:
        order, model = job.order, call.model
        request = ReserveCompletion(
            completion_id=order.completion_id,
            delivery=job.delivery,
            call=job.calls_made + 1,
            payer=order.payer,
            purpose=order.purpose,
            session_id=order.session_id,
            provider=model.provider.id,
            model_id=model.id,
            amount=cost.ceiling(model, prompt.tokens, call.max_tokens),
            prompt_tokens=prompt.tokens,
            prompt_cost=cost.cost_of(Usage(tokens_input=prompt.tokens, tokens_output=0), model.price),
            call_id=call.call_id,
            key_id=call.key.id,
        )
        await patiently(lambda: self._budgets.reserve_completion(request))

    async def _call(
        self, job: RunningCompletion, route: Route, call: ProviderCall, prompt: Prompt, saying: asyncio.TaskGroup
    ) -> FinishReason:
        """Call once, and book it, for which nobody waits before the job's end."""
        async with route.calling():
            try:
                return await self._calls.make(call, prompt, job)
            finally:
                fact = completion_fact(job, job.calls[-1])
                saying.create_task(self._events.completion_metered(fact))
                self._metrics.count(fact)

    def _count(self, job: RunningCompletion, ending: CompletionEnding) -> None:
        code = ending.code if isinstance(ending, Failed) else None
        how = type(ending).__name__.lower()
        self._metrics.completions_ended.labels(job.order.purpose, how, code or "").inc()
        _log.info(
            "completion_ended",
            completion=job.order.completion_id,
            asker=job.order.asker,
            purpose=job.order.purpose,
            delivery=job.delivery,
            model=job.order.model_id,
            how=how,
            code=code,
            calls=job.calls_made,
            characters=len(job.text),
        )
