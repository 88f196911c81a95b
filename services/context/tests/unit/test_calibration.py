"""Learning a tokenizer from reports: quickly, in every script, and not from nonsense."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaver.context.calibration import LEAST_MARGIN, MOST_FACTOR, MOST_MESSAGE, MOST_PLAIN_CHARACTER, Calibration
from palaver.context.families import families
from palaver.context.rates import Rates, Tally

SUPPOSED = families()["approximate"].rates(4)


@dataclass(frozen=True)
class Tokenizer:
    """A provider's own rule, which nothing here knows."""

    plain: float
    wide: float
    message: float
    plain_character: float = 0.0
    wide_character: float = 0.0
    constant: int = 3

    def reported(self, tally: Tally, noise: float = 0.0) -> int:
        exact = self.plain * tally.plain + self.wide * tally.wide + self.message * tally.messages + self.constant
        exact += self.plain_character * tally.plain_characters + self.wide_character * tally.wide_characters
        return max(1, round(exact * (1 + noise)))


def said(rng: random.Random, plain: int, wide: int) -> Tally:
    """A message of so many tokens. How many characters a token has depends on what it is about."""
    return Tally(plain + 10, wide, 2, round(plain * rng.uniform(3.8, 5.2)) + 40, round(wide * rng.uniform(1.1, 1.5)))


def growing(turns: int, seed: int, *, wide: float) -> list[Tally]:
    """Requests of a conversation in which a share of what is said is Chinese; the third message is, if any."""
    rng = random.Random(seed)  # noqa: S311 - a fixed conversation, no secret
    tally, told = Tally(60, 0, 1, 260), list[Tally]()
    for turn in range(turns):
        tokens = rng.randint(60, 400)
        chinese = tokens if rng.random() < wide or (turn == 2 and wide) else 0
        tally = tally.joined(said(rng, tokens - chinese, chinese))
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


@settings(deadline=None)
@given(st.floats(0.8, 1.3), st.floats(0.55, 1.0), st.floats(0, 8), st.sampled_from([0.0, 0.5]), st.integers(0, 99))
def test_a_provider_that_counts_by_characters_is_learned_as_quickly(
    factor: float, han: float, message: float, chinese: float, seed: int
) -> None:
    tokenizer = Tokenizer(0, 0, message, factor / 4, factor * han)
    tallies = growing(40, seed, wide=chinese)
    for turns in (10, 20, 39):
        assert error(taught(tallies[:turns], tokenizer), tallies[turns], tokenizer) <= 0.02


@pytest.mark.parametrize("tokenizer", [Tokenizer(0.9, 1.6, 5), Tokenizer(0, 0, 5, 0.3, 0.8)])
def test_chinese_and_english_are_told_apart(tokenizer: Tokenizer) -> None:
    known = taught(growing(40, 3, wide=0.4), tokenizer)
    assert error(known, Tally(3_000, 0, 20, 13_500, 0), tokenizer) <= 0.02
    assert error(known, Tally(0, 3_000, 20, 0, 3_900), tokenizer) <= 0.02


def test_tokens_and_characters_are_told_apart_where_texts_differ() -> None:
    for tokenizer in (Tokenizer(1.05, 1.2, 5), Tokenizer(0, 0, 5, 0.25, 0.8)):
        known = taught(growing(40, 3, wide=0.2), tokenizer)
        for characters in (10_000, 16_000):
            assert error(known, Tally(3_000, 0, 20, characters, 0), tokenizer) <= 0.03


def test_a_script_that_was_never_seen_keeps_what_was_supposed() -> None:
    known = taught(growing(40, 3, wide=0.0), Tokenizer(0.8, 1.6, 5)).rates(SUPPOSED)
    assert (known.wide, known.wide_character) == (pytest.approx(SUPPOSED.wide), pytest.approx(0))


def test_sums_over_other_features_than_todays_begin_anew() -> None:
    assert Calibration.of([1.0] * 11, 40) == Calibration()


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


tallies = st.builds(
    Tally, st.integers(0, 500), st.integers(0, 500), st.integers(1, 9), st.integers(0, 2_500), st.integers(0, 800)
)


@given(st.lists(st.tuples(tallies, st.integers(1, 2_000))))
def test_no_reports_can_make_rates_that_make_no_sense(reports: list[tuple[Tally, int]]) -> None:
    known = Calibration()
    for tally, reported in reports:
        known = known.learned(tally, reported, SUPPOSED)
    rates = known.rates(SUPPOSED)
    assert 0 <= rates.plain <= MOST_FACTOR * SUPPOSED.plain
    assert 0 <= rates.wide <= MOST_FACTOR * SUPPOSED.wide
    assert 0 <= rates.message <= MOST_MESSAGE
    assert 0 <= rates.plain_character <= MOST_PLAIN_CHARACTER
    assert 0 <= rates.wide_character <= MOST_FACTOR * SUPPOSED.wide
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
