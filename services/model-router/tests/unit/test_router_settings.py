import pytest
from pydantic import ValidationError

from palaver.model_router.settings import LimitSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"connect_seconds": 11.0, "call_seconds": 10.0, "first_token_seconds": 1.0, "gap_seconds": 1.0},
        {"first_token_seconds": 1_801.0},
        {"gap_seconds": 1_801.0},
        {"call_seconds": 1_801.0},
        {"turn_seconds": 1_799.0},
    ],
)
def test_a_limit_inside_another_one_is_not_the_longer_one(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="must not be longer than"):
        LimitSettings.model_validate(wrong)


def test_all_limits_may_be_lowered_together() -> None:
    lowered = {"connect_seconds": 1, "first_token_seconds": 2, "gap_seconds": 2, "call_seconds": 3, "turn_seconds": 4}
    assert LimitSettings.model_validate(lowered).call_seconds == 3
