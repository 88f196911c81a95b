"""Draw up what a model is asked in order to write a summary: as much as fits into its own window at once."""

from collections.abc import Sequence
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
        around = minutes.instructions(meant), minutes.request(earlier, (), meant)
        texts = minutes.told(lines, speakers)
        spent, *costs = await self._tokens(family_of(profile.tokenizer).encoding, rates, around, texts)
        if budget - spent < LEAST_TOKENS:
            return None
        if spent + costs[0] > budget:
            texts[0] = minutes.shortened(texts[0], minutes.CAUTION * (budget - spent) / costs[0])
            costs[0] = budget - spent
        taken, characters = 0, sum(map(len, around))
        for text, cost in zip(texts, costs, strict=True):
            spent, characters = spent + cost, characters + len(text) + len(minutes.SEAM)
            if taken and (spent > budget or characters > MAX_COMPLETION_CHARACTERS):
                spent -= cost
                break
            taken += 1
        return Draft(minutes.request(earlier, texts[:taken], meant), taken, spent, most)

    async def _tokens(self, encoding: str, rates: Rates, around: Sequence[str], texts: Sequence[str]) -> list[int]:
        """The model's tokens of what stands around, together, and of each text."""
        counts = await self._counter.count(encoding, [*around, *texts])
        frame = Tally()
        for count in counts[: len(around)]:
            frame = frame.plus(count)
        return [rates.tokens(frame), *(rates.tokens(Tally().plus(count)) for count in counts[len(around) :])]
