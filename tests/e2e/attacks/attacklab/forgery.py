"""Access tokens that must open nothing, each for one reason: all else about it is as identity makes it.

Those that only identity could sign are signed with its own key, so that it is the claim that is refused.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import new_id

ALGORITHM = "EdDSA"


@dataclass(frozen=True, slots=True)
class Bad:
    """A token and how it must be refused."""

    name: str
    token: str
    code: ErrorCode = ErrorCode.UNAUTHENTICATED


@dataclass(frozen=True, slots=True)
class Forger:
    """`genuine` is a good token, `signing_key` identity's own."""

    genuine: str
    signing_key: Ed25519PrivateKey

    @classmethod
    def of(cls, genuine: str, signing_key: SecretStr) -> "Forger":
        """With the key as the instance's secrets have it."""
        return cls(genuine, Ed25519PrivateKey.from_private_bytes(_bytes(signing_key.get_secret_value())))

    @property
    def claims(self) -> dict[str, Any]:
        """Of the genuine one."""
        return jwt.decode(self.genuine, options={"verify_signature": False})

    def signed(self, **changes: Any) -> str:
        """As identity would sign these claims; None leaves one out."""
        return self._encoded(self._changed(changes), self.signing_key, ALGORITHM)

    def all(self) -> Iterator[Bad]:
        """Every kind."""
        yield from (Bad(name, token) for name, token in self._malformed())
        yield from (Bad(name, token) for name, token in self._wrongly_signed())
        yield from (Bad(name, token) for name, token in self._wrong_claims())
        yield Bad("expired", self.signed(exp=int(time.time()) - 60), ErrorCode.TOKEN_EXPIRED)

    def _malformed(self) -> Iterator[tuple[str, str]]:
        header, payload, signature = self.genuine.split(".")
        yield "three words", "made.up.token"
        yield "no dots", "A" * 200
        yield "much too long", "A" * 20_000
        yield "without its signature", f"{header}.{payload}."
        yield "half of its signature", f"{header}.{payload}.{signature[: len(signature) // 2]}"
        yield "another signature", f"{header}.{payload}.{_text(bytes(64))}"
        yield "cut short", self.genuine[:-1]
        yield "a payload that is no object", f"{header}.{_json([1])}.{signature}"
        yield "a header that is no object", f"{_json('x')}.{payload}.{signature}"

    def _wrongly_signed(self) -> Iterator[tuple[str, str]]:
        header, payload, signature = self.genuine.split(".")
        edits: Mapping[str, dict[str, Any]] = {
            "edited to be an owner": {"role": "owner"},
            "edited to be somebody else": {"sub": new_id()},
            "edited to live for a year": {"exp": int(time.time()) + 31_536_000},
            "edited to be of another sign-in": {"sid": new_id()},
        }
        for name, changes in edits.items():
            yield name, f"{header}.{_json(self._changed(changes))}.{signature}"
        stranger = Ed25519PrivateKey.generate()
        yield "signed by a stranger", self._encoded(self.claims, stranger, ALGORITHM)
        yield (
            "signed by a stranger under a name of their own",
            self._encoded(self.claims, stranger, ALGORITHM, kid="mine"),
        )
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": _text(stranger.public_key().public_bytes_raw())}
        yield "brings its own key", self._encoded(self.claims, stranger, ALGORITHM, jwk=jwk)
        yield "says where its key is", self._encoded(self.claims, stranger, ALGORITHM, jku="http://127.0.0.1:1/jwks")
        for algorithm in ("none", "None", "NONE", ""):
            yield f"algorithm {algorithm!r}", f"{_json(self._header(alg=algorithm))}.{payload}."
            yield f"algorithm {algorithm!r}, signed", f"{_json(self._header(alg=algorithm))}.{payload}.{signature}"
        for form, secret in self._public_forms():
            yield f"HS256 with the public key as {form}", _hs256(self._header(alg="HS256"), payload, secret)
        yield "HS256 that calls itself EdDSA", _hs256(self._header(), payload, self._public)
        yield "an unknown key's name", self._encoded(self.claims, self.signing_key, ALGORITHM, kid="unknown")
        yield "no key's name", jwt.encode(self.claims, self.signing_key, ALGORITHM)
        yield "a path for its key's name", self._encoded(self.claims, self.signing_key, ALGORITHM, kid="../../dev/null")
        yield "extensions that must be understood", self._encoded(self.claims, self.signing_key, ALGORITHM, crit=["x"])

    def _wrong_claims(self) -> Iterator[tuple[str, str]]:
        changes: Mapping[str, dict[str, Any]] = {
            "for another audience": {"aud": "somebody-else"},
            "for several audiences, not this one": {"aud": ["a", "b"]},
            "from another issuer": {"iss": "https://issuer.example"},
            "not valid yet": {"nbf": int(time.time()) + 3_600},
            "with a role that does not exist": {"role": "root"},
            "with an end that is no time": {"exp": "never"},
            **{f"without {claim}": {claim: None} for claim in ("exp", "sub", "sid", "iss", "aud")},
        }
        for name, change in changes.items():
            yield name, self.signed(**change)

    # ---- parts -------------------------------------------------------------------------------------------------------
    @property
    def _public(self) -> bytes:
        return self.signing_key.public_key().public_bytes_raw()

    def _public_forms(self) -> Iterator[tuple[str, bytes]]:
        """The known attack takes the public key, in whatever form a verifier may hold it, for a shared secret."""
        encoding, form = serialization.Encoding, serialization.PublicFormat.SubjectPublicKeyInfo
        yield "raw bytes", self._public
        yield "base64url", _text(self._public).encode()
        yield "PEM", self.signing_key.public_key().public_bytes(encoding.PEM, form)
        yield "DER", self.signing_key.public_key().public_bytes(encoding.DER, form)
        yield "nothing", b""

    def _header(self, **changes: Any) -> dict[str, Any]:
        return {**jwt.get_unverified_header(self.genuine), **changes}

    def _changed(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**self.claims, **changes}.items() if value is not None}

    def _encoded(self, claims: Mapping[str, Any], key: Ed25519PrivateKey, algorithm: str, **header: Any) -> str:
        """PyJWT would refuse to make some of these."""
        head = f"{_json(self._header(alg=algorithm, **header))}.{_json(claims)}"
        return f"{head}.{_text(key.sign(head.encode()))}"


def _hs256(header: Mapping[str, Any], payload: str, secret: bytes) -> str:
    """PyJWT refuses a public key as a secret."""
    head = f"{_json(header)}.{payload}"
    return f"{head}.{_text(hmac.digest(secret, head.encode(), hashlib.sha256))}"


def _json(value: object) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
