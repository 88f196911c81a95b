"""What counts as a secret key, and that refusing one does not show it."""

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from palaver.servicekit.sealing import to_base64url
from palaver.servicekit.secret_keys import SecretKey, new_secret_key, raw_key

CHECK: TypeAdapter[SecretStr] = TypeAdapter(SecretKey)


def test_a_fresh_key_is_accepted_and_has_32_bytes() -> None:
    for _ in range(200):
        assert len(raw_key(CHECK.validate_python(new_secret_key()))) == 32


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "secret",
        "changeme" * 5 + "cha",
        to_base64url(bytes(32)),
        to_base64url(b"0123456789abcdef" * 2),
        to_base64url(b"too short, if random 0x9f1"),
        "!" * 43,
    ],
)
def test_a_key_that_a_person_typed_is_refused_without_being_shown(weak: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CHECK.validate_python(weak)
    detail = caught.value.errors(include_input=False, include_url=False, include_context=False)[0]
    assert "32 random bytes" in detail["msg"]
    assert not weak or weak not in detail["msg"]
