"""What a provider that caches beginnings of prompts would reuse of a long conversation: cut in blocks, and sliding."""

import random
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from palaver.context.families import families
from palaver.context.fit import Fit, Frame, Sums, block_of, fit
from palaver.context.rates import Count

ROUNDS = 100
SYSTEM = Count(140, 0)
RATES = families()["o200k_base"].rates(4)


@dataclass(frozen=True)
class Conversation:
    """One member's view of a room of three: what a person says, and three replies, the second one its own."""

    own: list[bool]
    counts: list[Count]

    @classmethod
    def random(cls) -> "Conversation":
        rng = random.Random(11)  # noqa: S311 - a fixed conversation, no secret
        own, counts = list[bool](), list[Count]()
        for _ in range(ROUNDS):
            own += [False, False, True, False]
            counts += [Count(rng.randint(10, 80), 0), *(Count(rng.randint(80, 400), 0) for _ in range(3))]
        return cls(own, counts)

    def requests(self, frame: Frame, budget: int) -> list[Fit]:
        """One request a round, made before anybody answers."""
        sums = Sums.of(self.own, self.counts, Count(1, 0))
        ends = range(1, 4 * ROUNDS, 4)
        return [fit(sums, frame, end=end, keep=[end - 1], budget=budget) for end in ends]

    def reused(self, requests: list[Fit], *, marked: bool) -> float:
        """Share of all prompt tokens that stood at the same place in the request before. `marked`: only up to the
        last message of that request, where a marker would be (`Window.stable`).
        """
        reused = total = 0
        for before, now in pairwise(requests):
            total += now.used
            end = before.end
            while (
                marked and end > now.start and not self.own[end - 1]
            ):  # what others said since is one message, and it grows
                end -= 1
            same = before.pins == now.pins and before.start == now.start
            reused += SYSTEM.total + (sum(count.total for count in self.counts[now.start : end]) if same else 0)
        return reused / total


@pytest.mark.parametrize(
    ("window", "marked", "least"),
    [(8_192, False, 0.53), (8_192, True, 0.45), (32_768, False, 0.87), (32_768, True, 0.85)],
)
def test_blocks_keep_most_of_a_long_conversation_in_providers_caches(
    window: int,
    marked: bool,  # noqa: FBT001 - a table
    least: float,
) -> None:
    told, budget = Conversation.random(), RATES.budget(window - 1_024)
    frame = Frame(RATES, system=SYSTEM, block=block_of(RATES, SYSTEM, budget))
    ours = told.reused(told.requests(frame, budget), marked=marked)
    sliding = told.reused(told.requests(replace(frame, block=1), budget), marked=marked)
    assert ours >= least, f"blocks {ours:.3f}, sliding {sliding:.3f}"
    assert ours > 3 * sliding
