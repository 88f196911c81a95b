"""Languages, origins, outages, rates, recipients: the small pure parts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.failures import ErrorCode, Failure
from palaver.gateway.language import language_of, localised
from palaver.gateway.limits import MAX_LOCAL_KEYS, LocalRates, Rate
from palaver.gateway.origins import Origins
from palaver.gateway.outages import REPORT_SECONDS, Outages
from palaver.gateway.realtime.notices import dependency_notice


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("de,zh;q=0.5", "zh"),
        ("fr;q=x,;;,=", "en"),
        ("zh;q=0", "en"),
    ],
)
def test_the_best_of_our_languages_is_chosen(header: str | None, language: str) -> None:
    assert language_of(header) == language


@given(st.text(max_size=400))
def test_any_header_gives_a_language(header: str) -> None:
    assert language_of(header) in ("en", "zh")


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_has_a_sentence_in_chinese(code: ErrorCode) -> None:
    body = Failure(code, "English.").body
    assert localised(body, "en").message == "English."
    assert localised(body, "zh").message not in ("", "English.")


@pytest.mark.parametrize("dependency", ["postgres", "nats", "redis"])
def test_every_outage_has_words_in_both_languages(dependency: Any) -> None:
    frames = {dependency_notice(dependency, language, up=up) for language in ("en", "zh") for up in (True, False)}
    assert len(frames) == 4


@pytest.mark.parametrize(
    ("origin", "host", "permitted"),
    [
        (None, "a:1", True),
        ("http://a:1", "a:1", True),
        ("http://A:1", "a:1", True),
        ("http://a:2", "a:1", False),
        ("https://friend.example", "a:1", True),
        ("https://friend.example.evil", "a:1", False),
        ("null", "a:1", False),
        ("", "", False),
        ("http://a:1", None, False),
    ],
)
def test_only_known_origins_are_permitted(origin: str | None, host: str | None, *, permitted: bool) -> None:
    assert Origins(["https://friend.example/"]).permit(origin, host) is permitted


def test_a_dependency_is_down_while_anybody_says_so() -> None:
    told: list[tuple[str, str]] = []
    outages = Outages(lambda dependency, state: told.append((dependency, state)))
    outages.report("session:a", "postgres", up=False, now=0)
    outages.report("session:b", "postgres", up=False, now=1)
    outages.report("session:a", "postgres", up=True, now=2)
    assert told == [("postgres", "down")]
    outages.expire(REPORT_SECONDS)
    assert outages.down == {"postgres"}
    outages.expire(REPORT_SECONDS + 1)
    assert told == [("postgres", "down"), ("postgres", "up")]


def test_the_gateways_own_view_does_not_expire() -> None:
    outages = Outages(lambda _dependency, _state: None)
    outages.observe("nats", up=False)
    outages.expire(1e12)
    assert outages.down == {"nats"}
    outages.observe("nats", up=True)
    assert not outages.down


@given(st.integers(1, 50), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_a_rate_allows_its_limit_at_once_and_then_refills_evenly(limit: int, pauses: list[float]) -> None:
    rates, rate, now = LocalRates(), Rate("r", limit), 1_000.0
    allowed: list[float] = []
    for pause in pauses:
        now += pause
        wait = rates.wait_seconds(rate, "k", now)
        assert wait >= 0
        if wait == 0:
            allowed.append(now)
        else:
            assert rates.wait_seconds(rate, "k", now + wait + 0.001) == 0
            allowed.append(now + wait + 0.001)
            now += wait + 0.001
    for moment in allowed:
        in_a_minute = [other for other in allowed if moment <= other < moment + 60]
        assert len(in_a_minute) <= 2 * limit  # a full bucket and its refill


def test_local_counting_is_bounded() -> None:
    rates, rate = LocalRates(), Rate("r", 1)
    for key in range(MAX_LOCAL_KEYS + 10):
        rates.wait_seconds(rate, str(key), 0.0)
    assert len(rates) <= MAX_LOCAL_KEYS + 1
