"""Estimates for calls whose worker died."""

from datetime import UTC, date, datetime
from decimal import Decimal

from palaver.analytics.booking import fact_of
from palaver.analytics.domain import Standing, day_of, end_of_day
from palaver.analytics.estimating import estimate
from palaver.analytics.testing.usage import Payer, card

AT = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


def test_an_open_call_is_priced_by_its_reported_prompt_and_the_checkpointed_text() -> None:
    lost = Payer().lost(tokens_input=2_000, text_length=301, at=AT)
    assert lost.open_call is not None
    call = lost.open_call.model_copy(update={"key_id": "key-of-the-call"})
    fact = estimate(lost, call, card(input_price="0.01", output_price="0.03"))
    assert fact.key_id == "key-of-the-call"
    assert (fact.tokens_input, fact.tokens_output) == (2_000, 101)
    assert fact.cost == Decimal("0.02") + Decimal("0.00303")
    assert (fact.estimated, fact.outcome, fact.provider, fact.day) == (True, "lost", "demo", date(2026, 3, 1))


def test_a_model_without_a_card_costs_nothing_but_is_counted() -> None:
    lost = Payer().lost(tokens_input=2_000)
    assert lost.open_call is not None
    fact = estimate(lost, lost.open_call, None)
    assert (fact.cost, fact.tokens_input, fact.provider) == (Decimal(0), 2_000, "unknown")


def test_only_a_lost_calls_estimate_gives_way_and_only_to_a_real_fact() -> None:
    payer = Payer()
    lost = payer.lost()
    assert lost.open_call is not None
    guess = estimate(lost, lost.open_call, None)
    real = fact_of(payer.metered(turn_id=lost.turn_id))
    unreported = fact_of(payer.metered(turn_id=lost.turn_id, estimated=True))
    assert guess.gives_way_to(real)
    assert guess.gives_way_to(unreported)
    assert not guess.gives_way_to(guess)
    assert not real.gives_way_to(guess)
    assert not unreported.gives_way_to(real)


def test_a_limit_allows_exactly_its_amount() -> None:
    standing = Standing(Decimal(5), spent=Decimal(2), reserved=Decimal(1))
    assert standing.allows(Decimal(2))
    assert not standing.allows(Decimal("2.01"))
    assert standing.left_after(Decimal(2)) == 0
    assert Standing(None, Decimal(2), Decimal(1)).allows(Decimal(10**9))


def test_days_are_utc() -> None:
    assert day_of(datetime.fromisoformat("2026-03-02T00:30:00+02:00")) == date(2026, 3, 1)
    assert end_of_day(date(2026, 3, 1)) == datetime(2026, 3, 2, tzinfo=UTC)
