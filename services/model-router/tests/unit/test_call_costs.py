from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from palaver.contracts.ids import CallId
from palaver.contracts.session_log import Usage
from palaver.model_router import catalogue, cost
from palaver.model_router.domain import CallFact, Price, Prompt, UsageReport

PRICE = Price(
    input=Decimal("0.002"), output=Decimal("0.008"), cached_input=Decimal("0.0005"), cache_write=Decimal("0.0025")
)
CALL = CallFact(
    call=1,
    call_id=CallId("c"),
    model=catalogue.load().model("sim-swift"),
    key_id=None,
    usage=UsageReport(100, 20, 40),
    prompt=Prompt(90),
    text="word " * 16,
    outcome="completed",
    refused=False,
    started_at=datetime.now(UTC),
    first_token_seconds=0.1,
    duration_seconds=1.0,
)


def test_cost_is_exact_decimal_money() -> None:
    usage = Usage(tokens_input=1_000, tokens_output=500, tokens_cached=400)
    assert cost.cost_of(usage, PRICE) == Decimal("0.0012") + Decimal("0.0002") + Decimal("0.004")


def test_what_was_put_into_the_cache_has_its_own_price() -> None:
    usage = Usage(tokens_input=1_000, tokens_output=0, tokens_cached=400)
    written = cost.cost_of(usage, PRICE, tokens_written=500)
    assert written == Decimal("0.0002") + Decimal("0.0002") + Decimal("0.00125")
    assert cost.cost_of(usage, PRICE, tokens_written=9_000) == Decimal("0.0002") + Decimal("0.0015")


def test_reported_usage_is_taken_as_it_is() -> None:
    assert cost.usage_of(CALL) == Usage(tokens_input=100, tokens_output=20, tokens_cached=40, estimated=False)


def test_missing_usage_is_estimated_and_flagged_never_zero() -> None:
    usage = cost.usage_of(replace(CALL, usage=UsageReport()))
    assert usage == Usage(tokens_input=90, tokens_output=20, estimated=True)


def test_a_count_from_the_middle_of_a_stopped_stream_is_not_believed() -> None:
    usage = cost.usage_of(replace(CALL, usage=UsageReport(100, 1), outcome="stopped"))
    assert usage == Usage(tokens_input=100, tokens_output=20, estimated=True)


def test_a_refused_call_costs_nothing() -> None:
    usage = cost.usage_of(replace(CALL, usage=UsageReport(), outcome="failed", refused=True))
    assert usage == Usage(tokens_input=0, tokens_output=0)


def test_the_reservation_covers_the_longest_answer() -> None:
    model = CALL.model
    most = Usage(tokens_input=500, tokens_output=model.reserve)
    assert cost.ceiling(model, 500, model.reserve) == cost.cost_of(most, model.price) > 0


def test_an_estimate_fits_both_languages_roughly() -> None:
    assert cost.estimate_tokens("The quick brown fox jumps over the lazy dog.") == 11
    assert cost.estimate_tokens("敏捷的棕色狐狸跳过了懒狗") == 9
