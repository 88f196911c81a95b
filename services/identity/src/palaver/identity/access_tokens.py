"""Access tokens: EdDSA JWTs (RFC 8037), verified anywhere with the published keys."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from palaver.contracts.identity import Jwks
from palaver.contracts.ids import SignInId, new_id
from palaver.identity.domain import User
from palaver.servicekit.sealing import to_base64url

ALGORITHM = "EdDSA"


class AccessTokens:
    """Signs with one key; publishes it and those that signed before."""

    def __init__(
        self, signing_key: bytes, retired: tuple[str, ...], *, issuer: str, audience: str, lifetime: timedelta
    ) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(signing_key)
        current = _jwk(to_base64url(self._key.public_key().public_bytes_raw()))
        self._key_id = current["kid"]
        self._jwks = Jwks(keys=(current, *(_jwk(public) for public in retired if public != current["x"])))
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime

    def issue(self, user: User, family_id: SignInId, now: datetime) -> tuple[str, datetime]:
        """The token and its end. `sid` names the sign-in, `jti` this very token: both can be denied later."""
        expires_at = now.replace(microsecond=0) + self._lifetime
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user.id,
            "role": user.role.value,
            "nickname": user.nickname,
            "sid": family_id,
            "jti": new_id(),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._key_id}), expires_at

    def jwks(self) -> Jwks:
        """The public keys, RFC 7517."""
        return self._jwks


def _jwk(public: str) -> dict[str, Any]:
    """A public key as JWK; its id is the thumbprint of RFC 7638."""
    key = {"crv": "Ed25519", "kty": "OKP", "x": public}
    canonical = json.dumps(key, sort_keys=True, separators=(",", ":")).encode()
    return key | {"alg": ALGORITHM, "kid": to_base64url(hashlib.sha256(canonical).digest()), "use": "sig"}
