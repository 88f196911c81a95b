"""Boxes open for the right key, purpose and type, and for nothing else."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.sealed import Sealed
from palaver.servicekit.sealing import KeyPair, from_base64url, key_id_of, seal, to_base64url, unseal


class Key(BaseModel):
    provider_key: str


class Other(BaseModel):
    number: int


KEYS = KeyPair.from_private(bytes(range(32)))
CONTEXT = "keyvault.key.create"


def _sealed(text: str = "sk-live") -> Sealed[Key]:
    return seal(Key(provider_key=text), public=KEYS.public, key_id=KEYS.key_id, context=CONTEXT)


@given(st.text(max_size=200))
def test_what_was_sealed_comes_out(text: str) -> None:
    assert unseal(_sealed(text), Key, keys=KEYS, context=CONTEXT) == Key(provider_key=text)


def test_the_box_does_not_show_its_content_and_is_never_the_same_twice() -> None:
    one, two = _sealed(), _sealed()
    assert "sk-live" not in one.model_dump_json()
    assert one.ciphertext != two.ciphertext
    assert one.ephemeral != two.ephemeral


def _refused(sealed: Sealed[Key], *, keys: KeyPair = KEYS, context: str = CONTEXT) -> Failure:
    with pytest.raises(Failure) as caught:
        unseal(sealed, Key, keys=keys, context=context)
    return caught.value


def test_another_key_or_purpose_does_not_open_it() -> None:
    assert _refused(_sealed(), keys=KeyPair.generate()).code is ErrorCode.VALIDATION_FAILED
    assert _refused(_sealed(), context="identity.user.login").code is ErrorCode.VALIDATION_FAILED


@pytest.mark.parametrize("field", ["ephemeral", "nonce", "ciphertext"])
@pytest.mark.parametrize("value", ["", "!", "AAAA", "A" * 43])
def test_a_damaged_box_is_refused_like_any_other(field: str, value: str) -> None:
    assert _refused(_sealed().model_copy(update={field: value})).message == "This secret was not sealed for here."


def test_a_box_of_another_type_is_refused_without_showing_what_was_inside() -> None:
    box = seal(Key(provider_key="sk-live"), public=KEYS.public, key_id=KEYS.key_id, context=CONTEXT)
    with pytest.raises(Failure) as caught:
        unseal(Sealed[Other].model_validate(box.model_dump()), Other, keys=KEYS, context=CONTEXT)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_format_is_x25519_hkdf_sha256_aes_256_gcm() -> None:
    """An independent reading of the documented format opens a box, so no stored or foreign box is ever orphaned."""
    box = _sealed("sk-vector")
    ephemeral = from_base64url(box.ephemeral)
    secret = X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(
        X25519PublicKey.from_public_bytes(ephemeral)
    )
    extracted = hmac.digest(bytes(32), secret, "sha256")
    key = hmac.digest(extracted, b"palaver sealed v1" + ephemeral + KEYS.public + b"\x01", "sha256")
    opened = AESGCM(key).decrypt(from_base64url(box.nonce), from_base64url(box.ciphertext), CONTEXT.encode())
    assert opened == b'{"provider_key":"sk-vector"}'


def test_a_key_pair_survives_storage_and_hides_its_private_half() -> None:
    pair = KeyPair.generate()
    again = KeyPair.from_private(pair.private_bytes())
    assert again.public == pair.public
    assert again.key_id == pair.key_id == key_id_of(pair.public)
    assert pair.private_bytes().hex() not in repr(pair)
    assert to_base64url(pair.private_bytes()) not in repr(pair)
    assert hashlib.sha256(pair.public).digest()[:8] == from_base64url(pair.key_id)


def test_a_private_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyPair.from_private(b"short")


def test_a_payload_that_masks_its_secret_is_refused_rather_than_sealed_as_stars() -> None:
    class Masked(BaseModel):
        value: SecretStr

    with pytest.raises(ValueError, match="plain strings"):
        seal(Masked(value=SecretStr("real")), public=KEYS.public, key_id=KEYS.key_id, context=CONTEXT)
