"""Learning a tokenizer from reports: quickly, in every script, and not from nonsense."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaver.context.calibration import FACTOR_RANGE, LEAST_MARGIN, Calibration
from palaver.context.families import families
from palaver.context.rates import Rates, Tally

SUPPOSED = families()["approximate"].rates(4)


@dataclass(frozen=True)
class Tokenizer:
    """A provider's own rule, which nothing here knows."""

    plain: float
    wide: float
    message: float
    constant: int = 3

    def reported(self, tally: Tally, noise: float = 0.0) -> int:
        exact = self.plain * tally.plain + self.wide * tally.wide + self.message * tally.messages + self.constant
        return max(1, round(exact * (1 + noise)))


def growing(turns: int, seed: int, *, wide: float) -> list[Tally]:
    """Requests of a conversation in which a share of what is said is Chinese."""
    rng = random.Random(seed)  # noqa: S311 - a fixed conversation, no secret
    tally, told = Tally(60, 0, 1), list[Tally]()
    for _ in range(turns):
        said = rng.randint(60, 400)
        chinese = said if rng.random() < wide else 0
        tally = tally.joined(Tally(said - chinese + 10, chinese, 2))
        told.append(tally)
    return told


def taught(tallies: list[Tally], of: Tokenizer, noise: float = 0.0, seed: int = 1) -> Calibration:
    rng = random.Random(seed)  # noqa: S311 - as above
    known = Calibration()
    for tally in tallies:
        known = known.learned(tally, of.reported(tally, rng.uniform(-noise, noise)), SUPPOSED)
    return known


def error(known: Calibration, tally: Tally, of: Tokenizer) -> float:
    return abs(known.rates(SUPPOSED).tokens(tally) / of.reported(tally) - 1)


@settings(deadline=None)
@given(
    st.floats(0.8, 1.5), st.floats(0.5, 1.8), st.floats(0, 8), st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.integers(0, 99)
)
def test_after_ten_turns_the_next_request_is_estimated_within_two_percent(
    plain: float, wide: float, message: float, chinese: float, seed: int
) -> None:
    tokenizer = Tokenizer(plain, wide, message)
    tallies = growing(40, seed, wide=chinese)
    for turns in (10, 20, 39):
        assert error(taught(tallies[:turns], tokenizer), tallies[turns], tokenizer) <= 0.02


def test_chinese_and_english_are_told_apart() -> None:
    tokenizer = Tokenizer(0.9, 1.6, 5)
    known = taught(growing(40, 3, wide=0.4), tokenizer)
    assert error(known, Tally(3_000, 0, 20), tokenizer) <= 0.02
    assert error(known, Tally(0, 3_000, 20), tokenizer) <= 0.02


def test_a_script_that_was_never_seen_keeps_what_was_supposed() -> None:
    known = taught(growing(40, 3, wide=0.0), Tokenizer(0.8, 1.6, 5))
    assert known.rates(SUPPOSED).wide == pytest.approx(SUPPOSED.wide)


def test_the_margin_shrinks_while_reports_agree_and_grows_where_they_do_not() -> None:
    tokenizer, tallies = Tokenizer(1.1, 1.1, 4), growing(120, 5, wide=0.2)
    margins = [taught(tallies[:turns], tokenizer).rates(SUPPOSED).margin for turns in (0, 10, 30, 120)]
    assert margins == sorted(margins, reverse=True)
    assert margins[0] == pytest.approx(SUPPOSED.margin)
    assert LEAST_MARGIN <= margins[-1] <= 0.03
    assert taught(tallies, tokenizer, noise=0.1).rates(SUPPOSED).margin > 0.08


def test_the_margin_covers_what_reports_miss() -> None:
    tokenizer, tallies, rng = Tokenizer(1.1, 1.4, 4), growing(200, 5, wide=0.2), random.Random(2)  # noqa: S311
    known, missed = Calibration(), 0
    for tally in tallies:
        reported = tokenizer.reported(tally, rng.gauss(0, 0.02))
        rates = known.rates(SUPPOSED)
        missed += reported * (1 - rates.margin) > rates.tokens(tally)
        known = known.learned(tally, reported, SUPPOSED)
    assert missed <= 10


def test_nonsense_is_ignored_and_one_odd_report_does_little() -> None:
    tokenizer, tallies = Tokenizer(1.1, 1.1, 4), growing(30, 5, wide=0.2)
    known = taught(tallies, tokenizer)
    for nonsense in (0, -5, 1, 10**9):
        assert known.learned(tallies[-1], nonsense, SUPPOSED) == known
    odd = known.learned(tallies[-1], tokenizer.reported(tallies[-1]) * 2, SUPPOSED)
    assert error(odd, tallies[-1], tokenizer) <= 0.03


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(1, 9), st.integers(1, 2_000))))
def test_no_reports_can_make_rates_that_make_no_sense(reports: list[tuple[int, int, int, int]]) -> None:
    known = Calibration()
    for plain, wide, messages, reported in reports:
        known = known.learned(Tally(plain, wide, messages), reported, SUPPOSED)
    rates = known.rates(SUPPOSED)
    low, high = (bound * SUPPOSED.plain for bound in FACTOR_RANGE)
    assert low <= rates.plain <= high
    assert low <= rates.wide <= high
    assert 0 <= rates.message <= 30
    assert 0 < rates.margin <= 0.25
    assert Calibration.of(known.moments, known.observations) == known


def test_a_new_tokenizer_behind_the_same_name_is_learned_anew() -> None:
    before, after = Tokenizer(1.0, 1.0, 4), Tokenizer(1.35, 1.35, 4)
    known, tallies = taught(growing(300, 5, wide=0.2), before), growing(100, 6, wide=0.2)
    for tally in tallies:
        known = known.learned(tally, after.reported(tally), SUPPOSED)
    assert error(known, tallies[-1], after) <= 0.05


def test_rates_round_up_but_not_for_a_fraction_of_binary_dust() -> None:
    assert Rates(1.2, 1.2, 0, 0.1).tokens(Tally(11, 0, 0)) == 14
    assert Rates(1.1, 1.1, 4, 0.1).tokens(Tally(10, 0, 0)) == 11
