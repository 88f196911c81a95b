"""Learn from what providers report, and know the rates of every model by it."""

import asyncio
from datetime import datetime, timedelta

import structlog

from palaver.context.calibration import Calibration, CalibrationKey
from palaver.context.families import family_of, supposed
from palaver.context.metrics import ContextMetrics
from palaver.context.ports import CalibrationSource, Profiles
from palaver.context.rates import Rates, Tally
from palaver.contracts.model_router import ModelProfile, UsageMetered
from palaver.servicekit.errors import Unavailable

OVERLAP = timedelta(seconds=30)
"""Rows are read again for so long: a transaction commits later than the time that it wrote."""

_log = structlog.get_logger()


class Calibrations:
    """The calibrations of all models in memory: a replica learns from what it hears, and reads what others learned."""

    def __init__(
        self, source: CalibrationSource, profiles: Profiles, metrics: ContextMetrics, *, refresh_seconds: float
    ) -> None:
        self._source = source
        self._profiles = profiles
        self._metrics = metrics
        self._refresh_seconds = refresh_seconds
        self._known: dict[CalibrationKey, Calibration] = {}
        self._read_until: datetime | None = None

    def rates(self, profile: ModelProfile) -> Rates:
        """Of a model, as far as anything is known."""
        found = self._known.get((profile.model_id, family_of(profile.tokenizer).encoding))
        return supposed(profile) if found is None else found.rates(supposed(profile))

    async def take(self, fact: UsageMetered) -> bool:
        """Learn from one provider call; False where there is nothing to learn. Raises Unavailable.

        A fact that is delivered twice counts twice, which does no harm.
        """
        prompt = fact.prompt
        if prompt is None or fact.usage.estimated or fact.usage.tokens_input <= 0 or fact.outcome != "completed":
            return False
        profile = (await self._profiles.read([fact.model_id])).get(fact.model_id)
        if profile is None or family_of(profile.tokenizer).encoding != prompt.encoding:
            return False
        if not prompt.plain_characters + prompt.wide_characters:
            return False
        tally = Tally(prompt.plain, prompt.wide, prompt.messages, prompt.plain_characters, prompt.wide_characters)
        reported, before = fact.usage.tokens_input, supposed(profile)
        self._metrics.estimate_error.observe(abs(self.rates(profile).tokens(tally) / reported - 1))
        key = (fact.model_id, prompt.encoding)
        self._known[key] = await self._source.learn(key, lambda known: known.learned(tally, reported, before))
        return True

    async def start(self) -> None:
        """Know what is known before the first window. (A `Resource`.)"""
        await self._refresh()

    async def stop(self) -> None:
        """Nothing to close."""

    async def follow(self) -> None:
        """Read, again and again, what other replicas learned."""
        while True:
            await asyncio.sleep(self._refresh_seconds)
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            await self._read()
        except Unavailable as outage:
            _log.info("calibrations_not_read", reason=outage.reason)

    async def _read(self) -> None:
        since = None if self._read_until is None else self._read_until - OVERLAP
        changed = await self._source.changed(since)
        for key, calibration in changed.calibrations.items():
            known = self._known.get(key)
            if known is None or known.observations <= calibration.observations:
                self._known[key] = calibration
        self._read_until = changed.at
