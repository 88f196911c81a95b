"""This process as a runner of side jobs: how many it takes, beside its turns and never in their place, and how each is
settled with the broker, which alone says who runs it.
"""

from collections.abc import Awaitable, Callable

import structlog

from palaver.contracts.model_router import RunCompletion
from palaver.model_router.completing import Completing
from palaver.model_router.completion import RunningCompletion
from palaver.model_router.completion_outcomes import CompletionEnding, Overtaken, Released, completion_outcome
from palaver.model_router.outcomes import Completed, Failed
from palaver.model_router.ports import Events
from palaver.model_router.slots import Slots
from palaver.servicekit.jobs import Job

RELEASE_SECONDS = 1.5
"""Kept of the time to stop: for metering what was cut and for giving jobs back."""

_log = structlog.get_logger()


class SideJobs:
    """Takes side jobs while it has slots. A job is in progress at the broker until its outcome is there."""

    def __init__(self, completing: Completing, events: Events, *, most: int, max_characters: int) -> None:
        self._completing = completing
        self._events = events
        self._slots = Slots(most)
        self._max_characters = max_characters
        self._running: set[RunningCompletion] = set()
        self._stopping = False

    def free_slots(self) -> int:
        """How many more it would take now."""
        return 0 if self._stopping else self._slots.free

    async def take(self, job: Job[RunCompletion]) -> None:
        """Run the job and settle it."""
        with self._slots.taken():
            if self._stopping:
                await job.nak()
                return
            running = RunningCompletion(job.payload, job.deliveries, max_characters=self._max_characters)
            self._running.add(running)
            try:
                ending = await self._completing.run(running)
            finally:
                self._running.discard(running)
            await self._settle(job, running, ending)

    async def _settle(self, job: Job[RunCompletion], running: RunningCompletion, ending: CompletionEnding) -> None:
        match ending:
            case Completed() | Failed():
                await self._events.completion_ended(completion_outcome(running, ending))
                await job.ack()
            case Released():
                await job.nak()
            case Overtaken(over=True):
                await job.ack()
            case Overtaken():  # not ours any more: whoever has the later delivery settles it
                pass

    async def drain(self, stop_pulling: Callable[[], Awaitable[None]], patience_seconds: float) -> None:
        """Take nothing more, let jobs finish, cut the rest in time to meter it, and give those jobs back."""
        self._stopping = True
        await stop_pulling()
        if await self._slots.idle(max(0.0, patience_seconds - RELEASE_SECONDS)):
            return
        _log.info("side_jobs_released", jobs=len(self._running))
        for running in tuple(self._running):
            running.interrupt("released")
        await self._slots.idle(RELEASE_SECONDS / 2)
