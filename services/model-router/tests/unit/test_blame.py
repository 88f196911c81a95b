import pytest

from palaver.model_router.blame import CallEnd, Part, observations
from palaver.model_router.errors import Fault


def said(fault: Fault | None, *, asked: float | None = None, keyed: bool = True) -> dict[Part, str]:
    end = CallEnd(began_at=1.0, at=2.0, fault=fault, asked_seconds=asked)
    return {part: seen.kind for part, seen in observations(end, keyed=keyed).items()}


def test_an_answer_is_good_news_of_everything() -> None:
    assert said(None) == {"key": "success", "offer": "success", "endpoint": "success", "host": "success"}


def test_our_own_mistake_is_nobodys_fault() -> None:
    assert set(said("request").values()) == {"success"}


@pytest.mark.parametrize("fault", ["key", "quota", "rate"])
def test_what_is_the_keys_fault_is_not_the_endpoints(fault: Fault) -> None:
    assert said(fault)["key"] == "trip"
    assert said(fault).get("endpoint") != "trip"
    assert said(fault)["host"] == "success"
    assert said(fault, keyed=False)["endpoint"] == "trip"


@pytest.mark.parametrize("fault", ["forbidden", "model"])
def test_what_a_key_may_not_call_leaves_the_key_good_for_other_models(fault: Fault) -> None:
    assert said(fault) == {"key": "success", "offer": "trip", "endpoint": "success", "host": "success"}


@pytest.mark.parametrize("fault", ["server", "overload", "timeout", "stall", "cut"])
def test_trouble_of_an_endpoint_says_nothing_about_the_key(fault: Fault) -> None:
    assert said(fault) == {"endpoint": "failure", "host": "success"}


def test_an_endpoint_that_asks_for_time_gets_it_at_once() -> None:
    assert said("overload", asked=7)["endpoint"] == "trip"


def test_who_cannot_be_reached_is_blamed_as_a_host() -> None:
    assert said("unreachable") == {"host": "failure"}


def test_a_refused_key_waits_for_a_change_and_an_empty_account_for_long() -> None:
    opens = {
        fault: observations(CallEnd(1.0, 2.0, fault), keyed=True)["key"].open_time.first_seconds
        for fault in ("key", "quota", "rate")
    }
    assert opens["key"] is None
    assert (opens["quota"] or 0) > 100 * (opens["rate"] or 0)
