"""Have summaries written in the background: what fell out of a window and is not covered yet becomes a side job.

A window is never held up for it. Each job goes on from the newest summary of what came before, also one that a person
wrote; what does not fit into the writing model's own window becomes several jobs, one after the other. At most one runs
for a room and class of windows.
"""

import asyncio
from datetime import timedelta

import structlog

from palaver.context import minutes
from palaver.context.counting import TokenCounter
from palaver.context.domain import Room
from palaver.context.drafting import Drafts
from palaver.context.families import SESSION_ENCODING
from palaver.context.metrics import ContextMetrics
from palaver.context.news import SummaryNews
from palaver.context.ports import Cards, SideJobs
from palaver.context.rooms import Rooms
from palaver.context.summary import Coverage, Job, Wanted, meant_tokens, most_tokens, serving
from palaver.context.summary_store import Seen, SummaryStore
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CompletionId, SessionId, new_id
from palaver.contracts.limits import COMPLETION_SECONDS
from palaver.contracts.model_router import (
    CompletionCompleted,
    CompletionFailed,
    ModelCard,
    RunCompletion,
    WindowMessage,
)
from palaver.servicekit.errors import Unavailable

LONGEST = timedelta(seconds=COMPLETION_SECONDS + 300)
"""A job of which nothing was heard for so long is given up, and another one may begin."""
FIRST_PAUSE_SECONDS = 30.0
"""After a failure that may pass; it doubles with every further one."""
FIRST_LONG_PAUSE_SECONDS = 600.0
"""After a failure that needs a person: no key, no money."""
LONGEST_PAUSE_SECONDS = 3_600.0
_log = structlog.get_logger()


class Summarising:
    """`model_id`: who writes; None for the cheapest model in the room, and after each failure the next one."""

    def __init__(  # noqa: PLR0917 - it is where all of this comes together
        self,
        rooms: Rooms,
        store: SummaryStore,
        counter: TokenCounter,
        drafts: Drafts,
        cards: Cards,
        side_jobs: SideJobs,
        news: SummaryNews,
        metrics: ContextMetrics,
        *,
        model_id: str | None,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._counter = counter
        self._drafts = drafts
        self._cards = cards
        self._side_jobs = side_jobs
        self._news = news
        self._metrics = metrics
        self._model_id = model_id
        self._wanted: dict[tuple[SessionId, int], Wanted] = {}
        self._waiting = asyncio.Event()

    def want(self, wanted: Wanted) -> None:
        """Have it written if nothing of the kind is being written already. Returns at once."""
        self._wanted[wanted.session_id, wanted.window] = wanted
        self._waiting.set()

    async def follow(self) -> None:
        """Begin what is wanted, again and again."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            wanted, self._wanted = self._wanted, {}
            for one in wanted.values():
                try:
                    await self._begin(one)
                except (Failure, Unavailable) as error:
                    # The next window wants it again.
                    _log.info("summary_not_begun", session_id=one.session_id, reason=type(error).__name__)

    # ---- outcomes ----------------------------------------------------------------------------------------------------
    async def completed(self, outcome: CompletionCompleted) -> None:
        """A model wrote. Raises Unavailable."""
        job = await self._store.running(outcome.completion_id)
        if job is None:
            return
        text, tokens = await self._measured(minutes.cleaned(outcome.text), most_tokens(job.window))
        if not text:
            await self._pause(job, FIRST_PAUSE_SECONDS, "empty")
            return
        summary = await self._store.written(outcome.completion_id, text, tokens, job.model_id)
        if summary is None:
            return
        self._metrics.summaries.labels("written").inc()
        await self._news.tell("written", [summary])
        if summary.coverage.entries < job.target:
            self.want(Wanted(job.session_id, job.window, job.coverage.leaf, job.target))

    async def failed(self, outcome: CompletionFailed) -> None:
        """It failed for good. Raises Unavailable."""
        if (job := await self._store.running(outcome.completion_id)) is not None:
            passing = outcome.retryable or outcome.code is ErrorCode.CONTEXT_OVERFLOW
            await self._pause(job, FIRST_PAUSE_SECONDS if passing else FIRST_LONG_PAUSE_SECONDS, outcome.code)

    async def _pause(self, job: Job, first_seconds: float, reason: str) -> None:
        failures = await self._store.failures(job.session_id, job.window)
        pause = min(LONGEST_PAUSE_SECONDS, first_seconds * 2.0 ** min(failures, 16))
        if await self._store.failed(job.completion_id, timedelta(seconds=pause)):
            self._metrics.summaries.labels("failed").inc()
            _log.info("summary_failed", session_id=job.session_id, reason=reason, pause_seconds=pause)

    async def _measured(self, text: str, most: int) -> tuple[str, int]:
        """The text and its tokens; cut where it is longer than asked for by far."""
        tokens = await self._session_tokens(text)
        while tokens > most:
            text = minutes.clipped(text, minutes.CAUTION * most / tokens)
            tokens = await self._session_tokens(text)
        return text, tokens

    async def _session_tokens(self, text: str) -> int:
        (count,) = await self._counter.count(SESSION_ENCODING, [text])
        return count.total

    # ---- jobs --------------------------------------------------------------------------------------------------------
    async def _begin(self, wanted: Wanted) -> None:
        if not await self._store.may_begin(wanted.session_id, wanted.window, longest=LONGEST):
            return
        view = await self._rooms.at_least(wanted.session_id, 0)
        lines = view.transcript(wanted.leaf).lines[: wanted.target]
        setting = view.room.setting
        if len(lines) < wanted.target or setting is None:
            return
        failures = await self._store.failures(wanted.session_id, wanted.window)
        if (card := await self._writer(view.room, failures)) is None:
            return
        known = await self._store.of(wanted.session_id)
        earlier = next(iter(serving(known, lambda summary: summary.coverage.holds(lines))[-1:]), None)
        covered = 0 if earlier is None else earlier.coverage.entries
        if covered >= wanted.target:
            return
        draft = await self._drafts.draft(
            view.speakers, lines[covered:], earlier, card, window=wanted.window, failures=failures
        )
        if draft is None:
            _log.info("summary_has_no_room", session_id=wanted.session_id, model=card.id)
            return
        job = Job(
            completion_id=CompletionId(new_id()),
            session_id=wanted.session_id,
            window=wanted.window,
            coverage=Coverage.of(lines[: covered + draft.lines], wanted.leaf),
            target=wanted.target,
            model_id=card.id,
            made_from=None if earlier is None else earlier.id,
        )
        if not await self._store.begin(job, Seen(view.room.epoch, view.room.cursor), longest=LONGEST):
            return
        order = RunCompletion(
            completion_id=job.completion_id,
            asker="context",
            payer=setting.owner_id,
            purpose="summary",
            model_id=card.id,
            system=minutes.instructions(meant_tokens(wanted.window)),
            messages=(WindowMessage(role="user", text=draft.text),),
            max_output_tokens=draft.most,
            prompt_tokens=draft.tokens,
            session_id=wanted.session_id,
        )
        try:
            await self._side_jobs.run(order)
        except Unavailable:
            await self._store.dropped(job.completion_id)
            raise
        self._metrics.summaries.labels("begun").inc()

    async def _writer(self, room: Room, failures: int) -> ModelCard | None:
        """Who writes. Of models that cost the same the one that sits first comes first."""
        if self._model_id is not None:
            return (await self._cards.cards([self._model_id])).get(self._model_id)
        seated = [seat.model_id for seat in room.present]
        cards = await self._cards.cards(seated)
        known = [cards[model_id] for model_id in dict.fromkeys(seated) if model_id in cards]
        by_price = sorted(known, key=lambda card: card.input_price + card.output_price)
        return by_price[failures % len(by_price)] if by_price else None
