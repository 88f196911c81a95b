"""What a side job may ask for, and who hears how it ended."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from palaver.contracts import limits
from palaver.contracts.catalogue import DURABLES, GRANTS
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    RUN_COMPLETION,
    Asker,
    RunCompletion,
)
from palaver.contracts.streams import MAX_PAYLOAD_BYTES


def order(*texts: str, **changes: Any) -> dict[str, Any]:
    messages = [{"role": "assistant" if place % 2 else "user", "text": text} for place, text in enumerate(texts)]
    facts = {
        "completion_id": "c",
        "asker": "context",
        "payer": "u",
        "purpose": "summary",
        "model_id": "m",
        "messages": messages,
        "max_output_tokens": 100,
    }
    return facts | changes


def test_who_may_order_side_jobs_is_who_may_ask_for_them():
    askers = {service for service, grants in GRANTS.items() if RUN_COMPLETION in grants.orders}
    assert askers == set(get_args(Asker))


def test_an_asker_hears_its_own_outcomes_only():
    mine = {COMPLETION_COMPLETED.at("context"), COMPLETION_FAILED.at("context")}
    assert set(DURABLES["context-completions"].subjects) == mine


def test_a_conversation_that_begins_and_ends_with_the_user_is_taken():
    assert len(RunCompletion.model_validate(order("a", "b", "c")).messages) == 3


BAD: list[tuple[dict[str, Any], str]] = [
    (order(), "at least 1"),
    (order("a", "b"), "last message"),
    (order(messages=[{"role": "user", "text": "a"}] * 3), "alternate"),
    (order(messages=[{"role": "system", "text": "a"}]), "alternate"),
    (order("a" * limits.MAX_COMPLETION_CHARACTERS, system="b"), "characters at most"),
    (order("a", "", "c"), "has a text"),
    (order("a", max_output_tokens=0), "greater than 0"),
    (order("a", asker="gateway"), "'context' or 'session'"),
]


@pytest.mark.parametrize(("facts", "said"), BAD)
def test_what_no_provider_or_no_broker_could_take_is_refused(facts: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        RunCompletion.model_validate(facts)


def test_the_longest_side_job_fits_into_one_message_of_the_broker():
    longest = RunCompletion.model_validate(order("\U0001f600" * limits.MAX_COMPLETION_CHARACTERS))
    assert len(longest.model_dump_json().encode()) < MAX_PAYLOAD_BYTES
