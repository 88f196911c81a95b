"""An OpenID Connect issuer (Core 1.0, Discovery 1.0): where its browsers go, what a code is worth."""

import contextlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt
from jwt import PyJWK

from palaver.identity.oauth_http import answer_of, exchanged
from palaver.identity.oauth_proof import Attempt, OAuthRefusedError, Proof
from palaver.identity.oauth_settings import OAuthSettings, safe
from palaver.identity.ports import Clock

SCOPES = ("openid", "email", "profile")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones alone: with another, whoever knows the client secret, or nobody at all, could sign."""
KEPT = timedelta(hours=1)
"""An issuer's addresses and keys are read again after this."""
KEYS_AGAIN = timedelta(seconds=10)
"""Tokens with made-up key ids make them be read again at most this often."""
LEEWAY_SECONDS = 60


class OidcIssuer:
    """See `ports.Issuer`."""

    def __init__(self, settings: OAuthSettings, http: httpx2.AsyncClient, clock: Clock) -> None:
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._http = http
        self._clock = clock
        self._facts: Mapping[str, Any] = {}
        self._facts_at: datetime | None = None
        self._keys: Mapping[str | None, PyJWK] = {}
        self._keys_at: datetime | None = None

    async def url(self, attempt: Attempt, state: str, redirect_uri: str) -> str:
        """See `ports.Issuer`."""
        facts = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes or SCOPES),
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = facts["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def prove(self, attempt: Attempt, code: str, iss: str | None, redirect_uri: str) -> Proof:
        """See `ports.Issuer`."""
        facts = await self._discovered()
        named = iss is not None or facts.get("authorization_response_iss_parameter_supported") is True
        if named and iss != self._issuer:  # RFC 9207: somebody else's answer
            raise OAuthRefusedError("foreign_issuer")
        answer = await exchanged(
            self._http, self._settings, facts["token_endpoint"], code, attempt.verifier, redirect_uri
        )
        claims = await self._verified(answer.get("id_token"))
        if not hmac.compare_digest(str(claims.get("nonce", "")), attempt.nonce):
            raise OAuthRefusedError("nonce")
        audience = claims["aud"]
        if claims.get("azp", self._settings.client_id) != self._settings.client_id or (
            isinstance(audience, list) and audience != [self._settings.client_id] and "azp" not in claims
        ):
            raise OAuthRefusedError("audience")
        email = claims.get("email") if claims.get("email_verified") is True else None
        nickname = claims.get("name") or claims.get("preferred_username")
        return Proof(str(claims["sub"]), email, None if nickname is None else str(nickname))

    async def _verified(self, token: Any) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(str(token))
            if header.get("alg") not in ALGORITHMS:
                raise OAuthRefusedError("algorithm")
            key = await self._key(header.get("kid"))
            return jwt.decode(
                str(token),
                key,
                algorithms=[header["alg"]],
                audience=self._settings.client_id,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise OAuthRefusedError(type(error).__name__) from error

    async def _key(self, key_id: str | None) -> PyJWK:
        now = self._clock()
        age = KEPT if self._keys_at is None else now - self._keys_at
        if age >= KEPT or (key_id not in self._keys and age >= KEYS_AGAIN):
            answer = await answer_of(await self._http.get((await self._discovered())["jwks_uri"]))
            self._keys, self._keys_at = _usable(answer), now
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if key_id not in self._keys:
            raise OAuthRefusedError("unknown_key")
        return self._keys[key_id]

    async def _discovered(self) -> Mapping[str, Any]:
        now = self._clock()
        if self._facts_at is None or now - self._facts_at >= KEPT:
            where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            facts = await answer_of(await self._http.get(where))
            addresses = [facts.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
            if facts.get("issuer") != self._issuer or not all(isinstance(a, str) and safe(a) for a in addresses):
                raise OAuthRefusedError("discovery")
            self._facts, self._facts_at = facts, now
        return self._facts


def _usable(answer: Mapping[str, Any]) -> Mapping[str | None, PyJWK]:
    keys: dict[str | None, PyJWK] = {}
    for key in answer.get("keys", ()):
        if key.get("use", "sig") == "sig" and key.get("kty") != "oct":
            with contextlib.suppress(jwt.PyJWTError):  # of a kind that we do not know
                keys[key.get("kid")] = PyJWK.from_dict(key)
    return keys
