"""Rules of the keyvault that need no server: envelopes, wiping, hints, verdicts, secrets refused at start."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key, Status, hint_of, status_after_check
from palaver.keyvault.envelope import Envelope, Envelopes, UnknownKekError
from palaver.keyvault.kms.loading import Keks
from palaver.keyvault.kms.local import LocalKek
from palaver.keyvault.kms.port import TamperedError
from palaver.keyvault.settings import Settings
from palaver.servicekit.secret_keys import new_secret_key, raw_key

pytestmark = pytest.mark.attack

KEK_SETTINGS = {1: new_secret_key(), 2: new_secret_key()}
KEKS = {version: LocalKek.of(key) for version, key in KEK_SETTINGS.items()}
KEY = Key(
    KeyId("key"), UserId("ada"), "openai", "api.openai.com", "", "", Status.ACTIVE, datetime(2030, 1, 1, tzinfo=UTC)
)


def envelopes(current: int = 2) -> Envelopes:
    return Envelopes(KEKS, current=current)


@given(secret=st.binary(min_size=1, max_size=4096))
async def test_what_was_sealed_opens_for_its_own_row(secret: bytes) -> None:
    assert await envelopes().decrypt(await envelopes().encrypt(bytearray(secret), KEY), KEY) == secret


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, user_id=UserId("eve")),
        replace(KEY, provider="anthropic"),
        replace(KEY, host="evil.example.org"),
        replace(KEY, id=KeyId("other")),
        replace(KEY, scope="shared"),
        replace(KEY, user_id=UserId("adaopenai"), provider=""),
    ],
)
async def test_it_opens_for_no_other_person_provider_host_scope_or_key(other: Key) -> None:
    sealed = await envelopes().encrypt(bytearray(b"secret"), KEY)
    with pytest.raises(TamperedError):
        await envelopes().decrypt(sealed, other)
    with pytest.raises(TamperedError):
        await envelopes().rewrap(replace(sealed, kek_version=2), other)


async def test_a_shared_key_is_bound_to_its_place_and_not_to_who_brought_it() -> None:
    shared = replace(KEY, scope="shared")
    sealed = await envelopes().encrypt(bytearray(b"secret"), shared)
    assert await envelopes().decrypt(sealed, replace(shared, user_id=UserId("eve"))) == b"secret"
    for other in (KEY, replace(shared, host="evil.example.org"), replace(shared, id=KeyId("other"))):
        with pytest.raises(TamperedError):
            await envelopes().decrypt(sealed, other)


@given(position=st.integers(0, 10_000), part=st.sampled_from(["wrapped_key", "ciphertext"]), bit=st.integers(0, 7))
async def test_a_flipped_bit_is_noticed(position: int, part: str, bit: int) -> None:
    sealed = await envelopes().encrypt(bytearray(b"secret"), KEY)
    broken = bytearray(getattr(sealed, part))
    broken[position % len(broken)] ^= 1 << bit
    with pytest.raises(TamperedError):
        await envelopes().decrypt(replace(sealed, **{part: bytes(broken)}), KEY)


@given(part=st.sampled_from(["wrapped_key", "ciphertext"]), junk=st.binary(max_size=40))
async def test_junk_of_any_length_is_noticed(part: str, junk: bytes) -> None:
    sealed = await envelopes().encrypt(bytearray(b"secret"), KEY)
    with pytest.raises(TamperedError):
        await envelopes().decrypt(replace(sealed, **{part: junk}), KEY)


async def test_the_version_of_the_key_encryption_key_is_bound_too() -> None:
    same = LocalKek.of(new_secret_key())
    vault = Envelopes({1: same, 2: same}, current=1)
    sealed = await vault.encrypt(bytearray(b"secret"), KEY)
    with pytest.raises(TamperedError):
        await vault.decrypt(replace(sealed, kek_version=2), KEY)


async def test_without_its_key_encryption_key_nothing_opens() -> None:
    sealed = await envelopes(current=2).encrypt(bytearray(b"secret"), KEY)
    older = Envelopes({1: KEKS[1]}, current=1)
    for attempt in (older.decrypt(sealed, KEY), older.rewrap(sealed, KEY)):
        with pytest.raises(UnknownKekError):
            await attempt


async def test_wrapped_anew_the_same_ciphertext_opens_without_the_older_key() -> None:
    sealed = await envelopes(current=1).encrypt(bytearray(b"secret"), KEY)
    fresh = await envelopes(current=2).rewrap(sealed, KEY)
    assert (fresh.kek_version, fresh.ciphertext) == (2, sealed.ciphertext)
    assert await Envelopes({2: KEKS[2]}, current=2).decrypt(fresh, KEY) == b"secret"


async def test_two_envelopes_of_one_secret_share_nothing() -> None:
    one, two = [await envelopes().encrypt(bytearray(b"secret"), KEY) for _ in range(2)]
    assert one.ciphertext != two.ciphertext
    assert one.wrapped_key[12:] != two.wrapped_key[12:]


def test_a_buffer_is_wiped_even_when_its_user_fails() -> None:
    buffer = bytearray(b"secret")

    def fail() -> None:
        with wiped(buffer):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert buffer == bytes(6)


async def test_nothing_that_holds_a_secret_shows_it() -> None:
    sealed = await envelopes().encrypt(bytearray(b"secret"), KEY)
    assert {field.name for field in fields(Envelope) if field.repr} == {"kek_version"}
    text = repr(sealed) + repr(envelopes()) + repr(KEKS) + repr(Keks(KEKS))
    for secret in (*(raw_key(key) for key in KEK_SETTINGS.values()), sealed.wrapped_key, sealed.ciphertext):
        assert repr(secret) not in text
        assert secret.hex() not in text


def test_hints_are_short_and_short_keys_have_none() -> None:
    assert hint_of("sk-0123456789WXYZ") == "WXYZ"
    assert hint_of("short-key") == ""


@pytest.mark.parametrize(
    ("before", "valid", "code", "after"),
    [
        (Status.ACTIVE, True, None, Status.ACTIVE),
        (Status.INVALID, True, None, Status.ACTIVE),
        (Status.ACTIVE, False, ErrorCode.KEY_INVALID, Status.INVALID),
        (Status.ACTIVE, False, None, Status.INVALID),
        (Status.ACTIVE, False, ErrorCode.PROVIDER_QUOTA, Status.ACTIVE),
        (Status.INVALID, False, ErrorCode.PROVIDER_QUOTA, Status.INVALID),
    ],
)
def test_a_providers_verdict_leads_to_a_status(
    *, before: Status, valid: bool, code: ErrorCode | None, after: Status
) -> None:
    assert status_after_check(valid=valid, code=code, before=before) is after


def settings(**changes: Any) -> Settings:
    values = {
        "database": {"url": "postgresql://127.0.0.1/x"},
        "sealing_key": new_secret_key(),
        "keks": {1: new_secret_key()},
    }
    return Settings.model_validate(values | changes)


@pytest.mark.parametrize("weak", ["", "change-me", "0" * 43, "A" * 43, "kek" * 14 + "k"])
def test_the_service_refuses_to_start_on_a_weak_key_encryption_key(weak: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(keks={1: weak})
    assert "32 random bytes" in str(caught.value)
    assert not weak or weak not in str(caught.value)


@pytest.mark.parametrize("changes", [{"keks": {}}, {"keks": {1: new_secret_key()}, "current_kek": 2}])
def test_the_service_refuses_to_start_without_its_current_key_encryption_key(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_one_key_for_two_purposes_is_refused() -> None:
    key = new_secret_key()
    for changes in ({"keks": {1: key}, "sealing_key": key}, {"keks": {1: key, 2: key}}):
        with pytest.raises(ValidationError, match="different keys"):
            settings(**changes)


def test_the_highest_version_encrypts_unless_another_is_named() -> None:
    keks = {1: new_secret_key(), 3: new_secret_key()}
    assert settings(keks=keks).encrypting_version == 3
    assert settings(keks=keks, current_kek=1).encrypting_version == 1


def kek_file(path: Path, content: dict[str, SecretStr], mode: int = 0o600) -> Path:
    path.write_text(json.dumps({version: key.get_secret_value() for version, key in content.items()}))
    path.chmod(mode)
    return path


def test_key_encryption_keys_come_from_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    keys = {"1": new_secret_key(), "2": new_secret_key()}
    path = kek_file(tmp_path / "keks.json", keys)
    assert settings(kek_file=path, keks={}).keks == {1: keys["1"], 2: keys["2"]}
    assert set(settings(kek_file=path, keks={3: new_secret_key()}).keks) == {1, 2, 3}
    with pytest.raises(ValidationError, match="give it once"):
        settings(kek_file=path, keks={1: new_secret_key()})


def test_a_file_that_others_can_read_or_that_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="read by others"):
        settings(kek_file=kek_file(tmp_path / "open.json", {"1": new_secret_key()}, 0o644), keks={})
    with pytest.raises(ValidationError, match="cannot be read"):
        settings(kek_file=tmp_path / "missing.json", keks={})
    (tmp_path / "text").write_text("no json")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(ValidationError, match="not JSON"):
        settings(kek_file=tmp_path / "text", keks={})


def test_key_encryption_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = new_secret_key(), new_secret_key()
    monkeypatch.setenv("PALAVER_KEYVAULT_DATABASE__URL", "postgresql://127.0.0.1/x")
    monkeypatch.setenv("PALAVER_KEYVAULT_SEALING_KEY", new_secret_key().get_secret_value())
    monkeypatch.setenv("PALAVER_KEYVAULT_KEKS__1", one.get_secret_value())
    monkeypatch.setenv("PALAVER_KEYVAULT_KEKS__2", two.get_secret_value())
    made = Settings()  # pyright: ignore[reportCallIssue]  # the environment has them
    assert made.keks == {1: one, 2: two}
    assert one.get_secret_value() not in repr(made)
