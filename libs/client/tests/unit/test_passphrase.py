"""Envelopes under a passphrase, against the vectors that all implementations share."""

import json
from pathlib import Path
from typing import Any

import pytest

from palaver.client.passphrase import Place, Wrapping, from_base64url, hint_of, new_derivation, to_base64url
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.key_locks import PassphraseEnvelope

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "contracts" / "vectors" / "passphrase.json").read_text()
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_shared_vector_is_made_and_opened(vector: dict[str, Any]) -> None:
    envelope = PassphraseEnvelope.model_validate(vector["envelope"])
    place = Place(vector["user_id"], vector["provider"], vector["host"])
    wrapping = Wrapping.of(vector["passphrase"], envelope.derivation)
    assert wrapping.text == vector["wrapping_key"]
    assert wrapping.seal(vector["secret"], place, from_base64url(envelope.nonce)) == envelope
    assert wrapping.open(envelope, place) == vector["secret"]


def test_it_opens_for_no_other_place_person_or_passphrase_and_not_once_changed() -> None:
    place = Place("ada", "openai", "api.openai.com")
    derivation = new_derivation()
    wrapping = Wrapping(derivation, bytes(32))
    envelope = wrapping.seal("sk-secret", place)
    assert wrapping.open(envelope, place) == "sk-secret"
    raw = bytearray(from_base64url(envelope.ciphertext))
    raw[0] ^= 1
    attempts = [
        (wrapping, envelope, Place("bob", "openai", "api.openai.com")),
        (wrapping, envelope, Place("ada", "anthropic", "api.openai.com")),
        (wrapping, envelope, Place("ada", "openai", "evil.example")),
        (wrapping, envelope.model_copy(update={"ciphertext": to_base64url(bytes(raw))}), place),
        (Wrapping(derivation, bytes(31) + b"\1"), envelope, place),
    ]
    for key, changed, where in attempts:
        with pytest.raises(Failure) as caught:
            key.open(changed, where)
        assert caught.value.code is ErrorCode.PASSPHRASE_WRONG


def test_a_short_passphrase_is_refused_and_nothing_secret_is_shown() -> None:
    with pytest.raises(Failure, match="at least 12 characters"):
        Wrapping.of("eleven char", new_derivation())
    assert "key" not in repr(Wrapping(new_derivation(), b"k" * 32)).replace("palaver.client", "")


def test_salts_and_nonces_are_never_used_twice() -> None:
    place, wrapping = Place("ada", "openai", "api.openai.com"), Wrapping(new_derivation(), bytes(32))
    assert new_derivation().salt != new_derivation().salt
    assert wrapping.seal("sk", place).nonce != wrapping.seal("sk", place).nonce


def test_a_hint_is_only_given_of_long_keys() -> None:
    assert (hint_of("sk-test-WXYZ"), hint_of("short-WXYZ")) == ("WXYZ", "")
