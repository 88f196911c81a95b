"""A side job's request keeps to its model's grammar and window."""

from dataclasses import replace
from typing import Any

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import Grammar, RunCompletion
from palaver.model_router import catalogue
from palaver.model_router.completion_prompts import answer_tokens, prompt_of, shaped

MODEL = replace(catalogue.load().model("sim-swift"), window=1_000, max_output=200, message_overhead=4)


def order(**changes: Any) -> RunCompletion:
    facts = {
        "completion_id": "c",
        "asker": "session",
        "payer": "u",
        "purpose": "title",
        "model_id": MODEL.id,
        "system": "Be brief.",
        "messages": [{"role": "user", "text": "Hello."}],
        "max_output_tokens": 100,
    }
    return RunCompletion.model_validate(facts | changes)


@pytest.mark.parametrize("place", ["message", "field"])
def test_instructions_come_first_where_the_format_has_a_place_for_them(place: str) -> None:
    model = replace(MODEL, grammar=Grammar.model_validate({"system": place}))
    assert [(m.role, m.text) for m in shaped(order(), model)] == [("system", "Be brief."), ("user", "Hello.")]


def test_instructions_open_the_first_message_where_the_format_has_no_place_for_them() -> None:
    model = replace(MODEL, grammar=Grammar(system="none"))
    assert [(m.role, m.text) for m in shaped(order(), model)] == [("user", "Be brief.\n\nHello.")]


@pytest.mark.parametrize("system", [None, ""])
def test_without_instructions_nothing_is_added(system: str | None) -> None:
    assert shaped(order(system=system), MODEL) == order().messages


def test_an_answer_is_not_ordered_longer_than_the_model_answers() -> None:
    assert answer_tokens(order(max_output_tokens=5_000), MODEL) == 200


def test_the_askers_count_is_believed_and_an_own_one_is_an_estimate() -> None:
    assert prompt_of(order(prompt_tokens=77), MODEL).tokens == 77
    assert prompt_of(order(), MODEL).tokens == 3 + 4 + 2 + 4


def test_a_request_that_fills_the_window_is_taken_and_one_token_more_is_not() -> None:
    assert prompt_of(order(prompt_tokens=900), MODEL).tokens == 900
    with pytest.raises(Failure, match="901 tokens and 100 for the answer, of 1000") as refused:
        prompt_of(order(prompt_tokens=901), MODEL)
    assert refused.value.code is ErrorCode.CONTEXT_OVERFLOW
