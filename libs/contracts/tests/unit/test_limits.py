"""Limits stand in relation to each other; each relation here is a promise that a change must not break."""

from palaver.contracts import limits
from palaver.contracts.catalogue import QUERIES
from palaver.contracts.streams import MAX_PAYLOAD_BYTES

HALF_AN_HOUR = 1_800.0
BYTES_PER_CODE_POINT = 4
"""UTF-8, at most."""
ATTEMPTS = 2.0
"""Seconds that a sweep and the claim of the next attempt may take besides the lease."""


def test_a_discussion_a_turn_and_a_call_may_take_half_an_hour() -> None:
    assert limits.ROUND_SECONDS == limits.TURN_DEADLINE_SECONDS == limits.CALL_SECONDS == HALF_AN_HOUR


def test_what_happens_inside_a_call_fits_into_it() -> None:
    assert limits.CONNECT_SECONDS < limits.FIRST_TOKEN_SECONDS < limits.CALL_SECONDS
    assert limits.GAP_SECONDS < limits.CALL_SECONDS
    assert limits.CALL_SECONDS <= limits.TURN_DEADLINE_SECONDS


def test_the_turns_of_a_dead_worker_run_elsewhere_within_ten_seconds() -> None:
    assert limits.TURN_LEASE_SECONDS >= 2 * limits.TURN_RENEW_SECONDS + limits.TURN_RENEW_REPEAT_SECONDS
    assert limits.TURN_LEASE_SECONDS + 2 * limits.SWEEP_SECONDS + ATTEMPTS <= 10.0


def test_a_worker_says_that_a_turn_is_late_before_session_does() -> None:
    assert limits.DEADLINE_GRACE_SECONDS > limits.TURN_LEASE_SECONDS


def test_money_stays_set_aside_for_longer_than_a_turn_can_take() -> None:
    longest_turn = limits.TURN_DEADLINE_SECONDS + limits.DEADLINE_GRACE_SECONDS
    assert longest_turn < limits.RESERVATION_SECONDS == limits.TURN_DEADLINE_SECONDS + 300


def test_a_side_job_ends_before_its_money_is_free_again() -> None:
    assert limits.FIRST_TOKEN_SECONDS < limits.COMPLETION_SECONDS < limits.RESERVATION_SECONDS


def test_a_client_is_told_before_it_gives_up() -> None:
    assert max(query.timeout_seconds for query in QUERIES) < limits.REQUEST_SECONDS
    assert limits.HEARTBEAT_SECONDS < limits.SILENCE_SECONDS == 300.0


def test_ten_answers_of_the_greatest_length_fit_into_one_message() -> None:
    answers = limits.MAX_PARTICIPANTS * limits.MAX_ANSWER_CHARACTERS
    assert answers * BYTES_PER_CODE_POINT > MAX_PAYLOAD_BYTES > answers  # ASCII fits; session cuts by bytes
