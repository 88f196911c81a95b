"""A real OpenID Connect issuer over HTTP on loopback: it keeps its side's rules, and breaks them when it is told to.

It checks client, secret, redirect address, PKCE and that a code is used once; it signs ID tokens with rotating keys.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "palaver", "a secret: of the client/+"


@dataclass
class Issued:
    """A code, and what its exchange must show."""

    challenge: str
    redirect_uri: str
    nonce: str
    used: bool = False


@dataclass
class TestIssuer:
    """Use as an async context manager. `claims` replace what a token would say; `None` leaves one out."""

    __test__ = False

    redirect_uri: str = ""
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    algorithm: str = "RS256"
    sign_with_stranger: bool = False
    says_iss: bool = True
    key_reads: int = 0
    refused: list[str] = field(default_factory=list[str])
    _codes: dict[str, Issued] = field(default_factory=dict[str, Issued])
    _key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    _key_number: int = 1
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> "TestIssuer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Its `issuer`."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def rotate(self) -> None:
        """Another key signs from now on, and the old one is gone."""
        self._key, self._key_number = generate_private_key(65537, 2048), self._key_number + 1

    def sign_in(self, authorization_url: str) -> dict[str, str]:
        """Somebody follows the link and agrees; what their browser comes back with. Raises AssertionError."""
        parts = urlsplit(authorization_url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["redirect_uri"] == self.redirect_uri
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = Issued(asked["code_challenge"], asked["redirect_uri"], asked["nonce"])
        return {"code": code, "state": asked["state"], **({"iss": self.url} if self.says_iss else {})}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, answer = self._answer(request.split()[1], headers, body.decode())
            data = json.dumps(answer).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
                % (status, len(data), data)
            )
            await writer.drain()
        finally:
            writer.close()

    def _answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "authorization_response_iss_parameter_supported": self.says_iss,
                }
            case "/keys":
                self.key_reads += 1
                key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
                return 200, {"keys": [key | {"kid": str(self._key_number), "use": "sig"}]}
            case "/token":
                return self._exchange(headers, {name: values[0] for name, values in parse_qs(body).items()})
            case _:
                return 404, {}

    def _exchange(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        given = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        client, _, secret = given.partition(":")
        issued = self._codes.get(form.get("code", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        problem = None
        if (unquote(client), unquote(secret)) != (CLIENT, SECRET):
            problem = "invalid_client"
        elif issued is None or issued.used:
            problem = "used or unknown code"
        elif form.get("redirect_uri") != issued.redirect_uri:
            problem = "redirect_uri"
        elif challenge.decode().rstrip("=") != issued.challenge:
            problem = "code_verifier"
        if issued is None or problem is not None:
            self.refused.append(str(problem))
            return 400, {"error": "invalid_grant"}
        issued.used = True
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self._token(issued)}

    def _token(self, issued: Issued) -> str:
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "subject-1",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "nonce": issued.nonce,
            "email": "ada@example.org",
            "email_verified": True,
            "name": "Ada",
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = generate_private_key(65537, 2048) if self.sign_with_stranger else self._key
        if self.algorithm == "none":
            key = None
        elif self.algorithm.startswith("HS"):
            key = SECRET
        return jwt.encode(claims, key, self.algorithm, headers={"kid": str(self._key_number)})
