"""GitHub, which speaks plain OAuth 2 (no ID token): its API says whose token it is."""

from typing import Any, cast
from urllib.parse import urlencode

import httpx2

from palaver.identity.oauth_http import answer_of, exchanged
from palaver.identity.oauth_proof import Attempt, OAuthRefusedError, Proof
from palaver.identity.oauth_settings import OAuthSettings

SCOPES = ("read:user", "user:email")


class GitHub:
    """See `ports.Issuer`."""

    def __init__(self, settings: OAuthSettings, http: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._http = http

    async def url(self, attempt: Attempt, state: str, redirect_uri: str) -> str:
        """See `ports.Issuer`."""
        query = {
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes or SCOPES),
            "state": state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._settings.site_url}/login/oauth/authorize?{urlencode(query)}"

    async def prove(self, attempt: Attempt, code: str, iss: str | None, redirect_uri: str) -> Proof:
        """See `ports.Issuer`. `iss` is GitHub's own where it sends one."""
        if iss is not None and not iss.startswith(self._settings.site_url):
            raise OAuthRefusedError("foreign_issuer")
        endpoint = f"{self._settings.site_url}/login/oauth/access_token"
        answer = await exchanged(self._http, self._settings, endpoint, code, attempt.verifier, redirect_uri)
        token = answer.get("access_token")
        if not isinstance(token, str):  # GitHub refuses with status 200
            raise OAuthRefusedError("refused_by_provider")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        person = await answer_of(await self._http.get(f"{self._settings.api_url}/user", headers=headers))
        if not isinstance(person.get("id"), int):
            raise OAuthRefusedError("nobody")
        found = await self._http.get(f"{self._settings.api_url}/user/emails", headers=headers)
        name = person.get("name") or person.get("login")
        return Proof(str(person["id"]), _address(found.json()) if found.is_success else None, name)


def _address(emails: Any) -> str | None:
    """The one that GitHub vouches for and that is theirs before others. Raises OAuthRefusedError."""
    if not isinstance(emails, list) or not all(isinstance(one, dict) for one in cast("list[Any]", emails)):
        raise OAuthRefusedError("no_emails")
    known = cast("list[dict[str, Any]]", emails)
    return next((str(one["email"]) for one in known if one.get("primary") and one.get("verified")), None)
