import pytest
from pydantic import ValidationError

from palaver.servicekit.settings import DatabaseSettings
from palaver.session.settings import Settings

DATABASE = DatabaseSettings.model_validate({"url": "postgresql://session@localhost/palaver"})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"turn_lease_seconds": 3.9}, "at least twice"),
        ({"sweep_seconds": 3.1}, "half of turn_lease_seconds"),
        ({"first_issue_wait_seconds": 121}, "longest_issue_wait_seconds"),
        ({"deadline_grace_seconds": 5.9}, "shorter than turn_lease_seconds"),
        ({"turn_deadline_seconds": 1_801}, "less than or equal"),
    ],
)
def test_times_that_contradict_each_other_are_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate({"database": DATABASE, **wrong})


def test_the_defaults_are_in_harmony() -> None:
    assert Settings.model_validate({"database": DATABASE}).turn_policy.lease_seconds == 6.0
