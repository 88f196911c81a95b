"""Rules of identity that need no server: refresh verdicts, secrets refused at start, tokens, passwords."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import SecretStr, ValidationError

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import SignInId, UserId, new_id
from palaver.identity.access_tokens import AccessTokens
from palaver.identity.domain import Family, PresentedToken, Refusal, Status, User, normal_email, refusal_of
from palaver.identity.errors import refresh_refused
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.passwords import Passwords
from palaver.identity.settings import OWASP_ITERATIONS, OWASP_MEMORY_KIB, OWASP_PARALLELISM, Settings
from palaver.servicekit.secret_keys import new_secret_key, raw_key

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ADA = User(UserId("ada"), "ada@example.org", "Ada", None, Role.MEMBER, Status.ACTIVE, NOW)


def presented(*, ended: Any = None, used: bool = False, seconds_left: float = 1, user: User = ADA) -> PresentedToken:
    family = Family(SignInId("family"), user.id, NOW + timedelta(days=1), ended)
    return PresentedToken(family, user, NOW + timedelta(seconds=seconds_left), used)


SUSPENDED = User(UserId("bob"), "bob@example.org", "Bob", None, Role.MEMBER, Status.SUSPENDED, NOW)


@pytest.mark.parametrize(
    ("token", "verdict"),
    [
        (None, Refusal.UNKNOWN),
        (presented(), None),
        (presented(used=True), Refusal.REUSED),
        (presented(used=True, seconds_left=-1), Refusal.REUSED),
        (presented(ended="reused"), Refusal.REUSED),
        (presented(ended="logged_out"), Refusal.ENDED),
        (presented(ended="logged_out", used=True), Refusal.ENDED),
        (presented(seconds_left=0), Refusal.EXPIRED),
        (presented(user=SUSPENDED), Refusal.SUSPENDED),
    ],
)
def test_a_presented_refresh_token_gets_its_verdict(token: PresentedToken | None, verdict: Refusal | None) -> None:
    assert refusal_of(token, NOW) is verdict


@given(
    ended=st.sampled_from([None, "reused", "logged_out"]),
    used=st.booleans(),
    seconds_left=st.integers(-10, 10),
    user=st.sampled_from([ADA, SUSPENDED]),
)
def test_only_a_fresh_token_of_a_living_sign_in_of_an_active_person_is_exchanged(
    *, ended: Any, used: bool, seconds_left: int, user: User
) -> None:
    verdict = refusal_of(presented(ended=ended, used=used, seconds_left=seconds_left, user=user), NOW)
    assert (verdict is None) == (ended is None and not used and seconds_left > 0 and user is ADA)


def test_every_refusal_has_an_authentication_error_and_reuse_has_its_own() -> None:
    codes = {refusal: refresh_refused(refusal).code for refusal in Refusal}
    assert codes[Refusal.REUSED] is ErrorCode.REFRESH_REUSED
    assert [refusal for refusal, code in codes.items() if code is ErrorCode.REFRESH_REUSED] == [Refusal.REUSED]


def test_addresses_are_one_whatever_their_case() -> None:
    assert normal_email(" Straße@Example.ORG ") == normal_email("STRASSE@example.org")


def settings(**changes: Any) -> Settings:
    values = {
        "database": {"url": "postgresql://127.0.0.1/x"},
        "redis": {"url": "redis://127.0.0.1"},
        "sealing_key": new_secret_key(),
        "signing_key": new_secret_key(),
        "second_factor_key": new_secret_key(),
    }
    return Settings.model_validate(values | changes)


@pytest.mark.parametrize("name", ["sealing_key", "signing_key", "second_factor_key"])
@pytest.mark.parametrize("weak", ["", "change-me", "0" * 43, "A" * 43, "secret" * 7 + "s"])
def test_the_service_refuses_to_start_on_a_weak_or_default_secret(name: str, weak: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**{name: weak})
    (error,) = caught.value.errors(include_input=False, include_url=False, include_context=False)
    assert error["loc"] == (name,)
    assert "32 random bytes" in error["msg"]
    assert not weak or weak not in str(caught.value)


@pytest.mark.parametrize("name", ["sealing_key", "signing_key", "second_factor_key"])
def test_the_service_refuses_to_start_without_a_secret(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"PALAVER_IDENTITY_{name.upper()}", raising=False)
    values = settings().model_dump()
    del values[name]
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(values)
    assert [error["loc"] for error in caught.value.errors()] == [(name,)]


def test_one_key_for_two_purposes_is_refused() -> None:
    key = new_secret_key()
    with pytest.raises(ValidationError, match="must be different keys"):
        settings(sealing_key=key, signing_key=key)


def test_a_guessable_sign_in_code_is_refused_without_being_shown() -> None:
    with pytest.raises(ValidationError, match="32 random characters") as caught:
        settings(owner_sign_in_code="letmein")
    assert "letmein" not in str(caught.value)


def test_password_parameters_cannot_be_set_below_owasp() -> None:
    for weaker in ({"argon2_memory_kib": OWASP_MEMORY_KIB - 1}, {"argon2_iterations": OWASP_ITERATIONS - 1}):
        with pytest.raises(ValidationError):
            settings(**weaker)


def test_no_secret_is_in_the_settings_own_words() -> None:
    key = new_secret_key()
    text = repr(settings(signing_key=key, owner_sign_in_code="c0de-" * 10))
    assert key.get_secret_value() not in text
    assert "c0de" not in text


def access_tokens(key: SecretStr, *retired: str) -> AccessTokens:
    return AccessTokens(raw_key(key), retired, issuer="i", audience="a", lifetime=timedelta(minutes=15))


def test_tokens_of_a_retired_key_verify_as_long_as_it_is_published() -> None:
    old_key, new_key = new_secret_key(), new_secret_key()
    old = access_tokens(old_key)
    new = access_tokens(new_key, str(old.jwks().keys[0]["x"]))
    token, _ = old.issue(ADA, SignInId("family"), datetime.now(UTC))
    keys = jwt.PyJWKSet.from_dict({"keys": list(new.jwks().keys)})
    key_id = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, keys[key_id], ["EdDSA"], audience="a", issuer="i")
    assert claims["sub"] == "ada"
    assert new.jwks().keys[0]["kid"] != key_id


def test_published_keys_hold_nothing_private() -> None:
    key = new_secret_key()
    (published,) = access_tokens(key).jwks().keys
    assert set(published) == {"alg", "crv", "kid", "kty", "use", "x"}
    assert published["x"] != key.get_secret_value()


def test_a_token_ends_after_its_lifetime() -> None:
    tokens = access_tokens(new_secret_key())
    token, expires_at = tokens.issue(ADA, SignInId("family"), datetime.now(UTC) - timedelta(minutes=16))
    assert expires_at < datetime.now(UTC)
    keys = jwt.PyJWKSet.from_dict({"keys": list(tokens.jwks().keys)})
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, keys[jwt.get_unverified_header(token)["kid"]], ["EdDSA"], audience="a")


def hasher() -> Passwords:
    return Passwords(
        memory_kib=OWASP_MEMORY_KIB,
        iterations=OWASP_ITERATIONS,
        parallelism=OWASP_PARALLELISM,
        max_concurrent=2,
        seconds=IdentityMetrics(CollectorRegistry()).hash_seconds,
    )


async def test_a_password_matches_its_own_hash_only_in_any_unicode_form() -> None:
    passwords = hasher()
    await passwords.start()
    stored = await passwords.hash("caf\u00e9 with \ufb01g")
    assert (await passwords.check("cafe\u0301 with fig", stored)).right
    assert not (await passwords.check("cafe with fig", stored)).right


async def test_nobody_has_no_password_at_all() -> None:
    passwords = hasher()
    await passwords.start()
    for guess in ("", "x", new_id()):
        assert not (await passwords.check(guess, None)).right
