"""What a provider that caches beginnings of prompts would reuse of a long conversation: cut in blocks, and sliding."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from palaver.context.compaction import DUE, LONGEST, Fitting
from palaver.context.families import families
from palaver.context.fit import Fit, Frame, Sums, block_of, fit
from palaver.context.rates import Count
from palaver.context.summary import Coverage, Summary, meant_tokens, window_class
from palaver.contracts.ids import SessionId, SummaryId

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


def summary_of(entries: int) -> Summary:
    coverage = Coverage("main", entries, "", "main", {})
    written = datetime(2026, 1, 1, tzinfo=UTC)
    return Summary(SummaryId(""), SessionId(""), 1, 0, coverage, "", 0, None, None, None, written)


def with_summaries(told: Conversation, frame: Frame, window: int, rounds_to_write: int) -> Iterator[tuple[Fit, int]]:
    """One request a round and how many lines a summary stands for in it; each takes so many rounds to be written."""
    sums, budget, size = Sums.of(told.own, told.counts, Count(1, 0)), RATES.budget(window), window_class(window)
    known, coming = list[int](), dict[int, int]()
    for number, end in enumerate(range(1, 4 * ROUNDS, 4)):
        known += [coming.pop(number)] if number in coming else []
        fitting = Fitting(sums, frame, end=end, keep=[end - 1], budget=budget)
        plain = fitting.fit()
        ahead, longest = (fitting.ahead(size, plain, blocks) or 0 for blocks in (DUE, LONGEST))
        if not coming and fitting.worth_while(max(known, default=0), ahead, size):
            coming[number + rounds_to_write] = ahead
        length = Count(meant_tokens(size), 0)
        fits = [
            (fitting.behind(summary_of(n), length, plain), n) for n in sorted(known) if plain.start and n <= longest
        ]
        whole = next(((fit, n) for fit, n in fits if fit is not None and fit.start == n), None)
        yield whole or (plain, 0)


@pytest.mark.parametrize("rounds_to_write", [1, 2])
@pytest.mark.parametrize(("window", "least"), [(7_168, 0.53), (31_744, 0.87)])
def test_summaries_keep_as_much_in_caches_and_leave_nothing_out(
    window: int, least: float, rounds_to_write: int
) -> None:
    told = Conversation.random()
    frame = Frame(RATES, system=SYSTEM, block=block_of(RATES, SYSTEM, RATES.budget(window)))
    requests = list(with_summaries(told, frame, window, rounds_to_write))
    assert all(fitted.start == covered for fitted, covered in requests), "what is not shown is covered"
    reused = 0
    for (before, covered), (now, covers) in pairwise(requests):
        same = (before.start, before.pins, covered) == (now.start, now.pins, covers)
        lines = sum(count.total for count in told.counts[now.start : before.end])
        summary = meant_tokens(window_class(window)) if covers else 0
        reused += SYSTEM.total + (summary + lines if same else 0)
    share = reused / sum(fitted.used for fitted, _ in requests[1:])
    assert share >= least, f"{share:.3f}"
