"""Key-encryption keys in this process and elsewhere: all do the same, and those of other packages are found by name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from palaver.keyvault.kms import loading
from palaver.keyvault.kms.local import LocalKek
from palaver.keyvault.kms.port import Kek, TamperedError
from palaver.keyvault.settings import Settings
from palaver.keyvault.testing.kms_conformance import CHECKS, Check
from palaver.servicekit.secret_keys import new_secret_key

BANK = """
import hashlib, os
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.exceptions import InvalidTag
from palaver.keyvault.kms.port import TamperedError

SHELVES = {}

class BankVault:
    def __init__(self, options):
        if set(options) != {"shelf"}:
            raise ValueError("A bank vault has one option, `shelf`.")
        shelf = SHELVES.setdefault(options["shelf"].get_secret_value(), os.urandom(32))
        self._cipher = ChaCha20Poly1305(shelf)
        self.closed = False

    async def wrap(self, data_key, binding):
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, hashlib.sha256(binding).digest() + bytes(data_key), None)

    async def unwrap(self, wrapped, binding):
        try:
            clear = self._cipher.decrypt(wrapped[:12], wrapped[12:], None)
        except (InvalidTag, ValueError):
            raise TamperedError from None
        if clear[:32] != hashlib.sha256(binding).digest():
            raise TamperedError
        return bytearray(clear[32:])

    async def close(self):
        self.closed = True
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with a system of its own, which reaches for the built-in name, too."""
    info = tmp_path / "bank_vault-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bank-vault\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[{loading.GROUP}]\nbank-vault = bank_vault_kms:BankVault\nlocal = bank_vault_kms:BankVault\n"
    )
    (tmp_path / "bank_vault_kms.py").write_text(BANK)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("bank_vault_kms", None)


def settings(**changes: object) -> Settings:
    values = {"database": {"url": "postgresql://127.0.0.1/x"}, "sealing_key": new_secret_key()}
    return Settings.model_validate(values | changes)


@pytest.mark.parametrize("check", CHECKS)
async def test_the_local_key_conforms(check: Check) -> None:
    await check(loading.make(loading.LOCAL, {"key": new_secret_key()}))


@pytest.mark.parametrize("check", CHECKS)
async def test_one_without_associated_data_conforms_too(check: Check, installed: None) -> None:
    await check(loading.make("bank-vault", {"shelf": SecretStr("9")}))


class Careless:
    """Binds nothing, hides nothing, notices nothing."""

    async def wrap(self, data_key: bytearray, binding: bytes) -> bytes:  # noqa: ARG002 - that is what it is about
        return bytes(data_key)

    async def unwrap(self, wrapped: bytes, binding: bytes) -> bytearray:  # noqa: ARG002 - as above
        return bytearray(wrapped)

    async def close(self) -> None: ...


async def test_the_checks_find_a_careless_one() -> None:
    careless: Kek = Careless()
    found = 0
    for check in CHECKS:
        try:
            await check(careless)
        except AssertionError:
            found += 1
    assert found == 3


def test_a_built_in_name_cannot_be_taken(installed: None) -> None:
    assert isinstance(loading.make("local", {"key": new_secret_key()}), LocalKek)


def test_what_is_not_there_is_said_with_what_is(installed: None) -> None:
    with pytest.raises(ValueError, match="known are bank-vault, local"):
        loading.make("moon", {})


@pytest.mark.parametrize("options", [{}, {"key": SecretStr("change-me")}, {"key": SecretStr("A" * 43), "more": "x"}])
def test_a_weak_local_key_is_refused_without_showing_it(options: dict[str, SecretStr]) -> None:
    with pytest.raises(ValueError, match=r"option|32 random bytes") as caught:
        loading.make("local", options)
    assert "change-me" not in str(caught.value)


async def test_keys_of_a_system_stand_beside_local_ones_and_the_highest_encrypts(
    installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALAVER_KEYVAULT_DATABASE__URL", "postgresql://127.0.0.1/x")
    monkeypatch.setenv("PALAVER_KEYVAULT_SEALING_KEY", new_secret_key().get_secret_value())
    monkeypatch.setenv("PALAVER_KEYVAULT_KEKS__1", new_secret_key().get_secret_value())
    monkeypatch.setenv("PALAVER_KEYVAULT_KMS__2", '{"kind": "bank-vault", "options": {"shelf": "a-secret-shelf"}}')
    made = Settings()  # pyright: ignore[reportCallIssue]  # the environment has them
    assert (made.encrypting_version, made.versions) == (2, {1, 2})
    assert "a-secret-shelf" not in repr(made)
    keks = made.all_keks()
    wrapped = await keks[2].wrap(bytearray(32), b"x")
    with pytest.raises(TamperedError):
        await keks[1].unwrap(wrapped, b"x")


def test_one_version_stands_in_one_place_and_there_is_one() -> None:
    key = new_secret_key()
    with pytest.raises(ValidationError, match="give it once"):
        settings(keks={1: key}, kms={1: {"kind": "local"}})
    with pytest.raises(ValidationError, match="no key-encryption key"):
        settings()
    assert settings(kms={3: {"kind": "local", "options": {"key": key}}}).encrypting_version == 3
