"""Draw up what a model is asked in order to write a summary: as much as fits into its own window at once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from palaver.context import minutes
from palaver.context.attribution import Speakers
from palaver.context.counting import TokenCounter
from palaver.context.families import family_of
from palaver.context.ports import RateSource
from palaver.context.rates import Rates, Tally
from palaver.context.summary import Summary, meant_tokens, most_tokens
from palaver.context.transcript import Line
from palaver.contracts.limits import MAX_COMPLETION_CHARACTERS
from palaver.contracts.model_router import ModelCard

LEAST_TOKENS = 256
"""A model that can be told less than this at once is no use."""
COUNTED_AT_ONCE = 64
"""Messages."""
MAX_HALVINGS = 4
"""After each failure a job asks for half as much at once, so many times."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question about so many `lines`, of so many `tokens`, whose answer may take `most`."""

    text: str
    lines: int
    tokens: int
    most: int


class Drafts:
    """Counts as windows are counted, by the rates of the model that writes."""

    def __init__(self, counter: TokenCounter, rates: RateSource) -> None:
        self._counter = counter
        self._rates = rates

    async def draft(
        self,
        speakers: Speakers,
        lines: Sequence[Line],
        earlier: Summary | None,
        card: ModelCard,
        *,
        window: int,
        failures: int,
    ) -> Draft | None:
        """A summary of `earlier` and as many of the lines as the model can be told at once; None if that is too little.

        After each of `failures` it is half as much.
        """
        rates, profile, meant = self._rates.rates(card.profile), card.profile, meant_tokens(window)
        headroom = minutes.MAX_HEADROOM if card.capabilities.reasoning else 0
        most = max(1, min(card.max_output, most_tokens(window) + headroom))
        budget = rates.budget(max(0, profile.window - max(profile.reserve, most))) >> min(failures, MAX_HALVINGS)
        counting = _Counting(self._counter, family_of(profile.tokenizer).encoding, rates)
        around = minutes.instructions(meant), minutes.request(earlier, (), meant)
        spent, characters = sum(await counting.tokens(around)), sum(map(len, around))
        if budget - spent < LEAST_TOKENS:
            return None
        texts: list[str] = []
        async for text, cost in counting.each(minutes.told(lines, speakers)):
            if not texts and spent + cost > budget:
                texts.append(minutes.shortened(text, minutes.CAUTION * (budget - spent) / cost))
                spent = budget
                break
            characters += len(text) + len(minutes.SEAM)
            if spent + cost > budget or characters > MAX_COMPLETION_CHARACTERS:
                break
            texts.append(text)
            spent += cost
        return Draft(minutes.request(earlier, texts, meant), len(texts), spent, most)


@dataclass(frozen=True, slots=True)
class _Counting:
    counter: TokenCounter
    encoding: str
    rates: Rates

    async def tokens(self, texts: Sequence[str]) -> list[int]:
        """The model's tokens of each text."""
        return [self.rates.tokens(Tally().plus(count)) for count in await self.counter.count(self.encoding, texts)]

    async def each(self, texts: Sequence[str]) -> AsyncIterator[tuple[str, int]]:
        """The texts with their tokens, counted no further than somebody asks."""
        for start in range(0, len(texts), COUNTED_AT_ONCE):
            some = texts[start : start + COUNTED_AT_ONCE]
            for text, tokens in zip(some, await self.tokens(some), strict=True):
                yield text, tokens
