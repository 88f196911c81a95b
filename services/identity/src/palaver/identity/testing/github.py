"""GitHub as its documentation has it, over HTTP on loopback: the web application flow, and the two questions about a
user. It refuses with status 200 where GitHub does, and keeps the rules that GitHub keeps."""

import asyncio
import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from palaver.identity.testing.issuer import CLIENT, SECRET

EMAILS = (
    {"email": "octocat@users.noreply.github.com", "primary": False, "verified": True, "visibility": None},
    {"email": "ada@example.org", "primary": True, "verified": True, "visibility": "private"},
)


@dataclass
class TestGitHub:
    """Use as an async context manager. `user` and `emails` are what it knows of whoever signs in."""

    __test__ = False

    redirect_uri: str = ""
    user: dict[str, Any] = field(default_factory=lambda: {"id": 583231, "login": "octocat", "name": "Ada"})
    emails: tuple[Any, ...] = EMAILS
    shows_emails: bool = True
    refuses_with: str | None = None
    asked_scopes: list[str] = field(default_factory=list[str])
    _codes: dict[str, str] = field(default_factory=dict[str, str])
    _tokens: set[str] = field(default_factory=set[str])
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> "TestGitHub":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Of the site, and of the API."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def sign_in(self, authorization_url: str) -> dict[str, str]:
        """Somebody follows the link and agrees; what their browser comes back with. Raises AssertionError."""
        parts = urlsplit(authorization_url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/login/oauth/authorize"
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == self.redirect_uri
        assert asked["code_challenge_method"] == "S256"
        self.asked_scopes = asked["scope"].split()
        code = secrets.token_hex(10)
        self._codes[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = request.split()
            status, answer = self._answer(f"{method} {path}", headers, body.decode())
            data = json.dumps(answer).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
                b"Connection: close\r\n\r\n%b" % (status, len(data), data)
            )
            await writer.drain()
        finally:
            writer.close()

    def _answer(self, what: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        if what == "POST /login/oauth/access_token":
            return 200, self._exchange(headers, {name: values[0] for name, values in parse_qs(body).items()})
        if headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return 401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}
        if what == "GET /user":
            return 200, {**self.user, "email": None, "type": "User", "site_admin": False}
        if what == "GET /user/emails":
            return (200, [*self.emails]) if self.shows_emails else (404, {"message": "Not Found"})
        return 404, {"message": "Not Found"}

    def _exchange(self, headers: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        """With `Accept: application/json`, and status 200 whatever it says."""
        assert headers["accept"] == "application/json"
        if self.refuses_with is not None:
            return {"error": self.refuses_with, "error_description": "…", "error_uri": "https://docs.github.com/apps"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return {"error": "incorrect_client_credentials", "error_description": "…"}
        if self._codes.pop(form.get("code", ""), None) != challenge.decode().rstrip("="):
            return {"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."}
        if form.get("redirect_uri", self.redirect_uri) != self.redirect_uri:
            return {"error": "redirect_uri_mismatch", "error_description": "…"}
        token = f"gho_{secrets.token_hex(18)}"
        self._tokens.add(token)
        return {"access_token": token, "scope": ",".join(sorted(self.asked_scopes)), "token_type": "bearer"}
