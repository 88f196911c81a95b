"""Questions to a provider over HTTP. What does not answer in time or in JSON is down; what refuses proves nothing."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx2

from palaver.identity.oauth_proof import OAuthRefusedError
from palaver.identity.oauth_settings import OAuthSettings
from palaver.servicekit.errors import Unavailable

PROVIDER = "sign-in provider"
"""Its name as a dependency."""
SECONDS = 8.0
MAX_BYTES = 1024**2


class HttpClient:
    """The connections to all providers. A `Resource`."""

    def __init__(self) -> None:
        self.client = httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False)

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Close them."""
        await self.client.aclose()


async def answer_of(response: httpx2.Response) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises Unavailable, OAuthRefusedError."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(PROVIDER, f"status {response.status_code}")
    if response.status_code != HTTPStatus.OK or len(response.content) > MAX_BYTES:
        raise OAuthRefusedError("refused_by_provider")
    try:
        answer: Any = response.json()
    except ValueError as error:
        raise OAuthRefusedError("no_json") from error
    if not isinstance(answer, dict):
        raise OAuthRefusedError("no_json")
    found: dict[str, Any] = answer
    return found


async def exchanged(  # noqa: PLR0917 - what a code is exchanged with
    http: httpx2.AsyncClient, settings: OAuthSettings, endpoint: str, code: str, verifier: str, redirect_uri: str
) -> Mapping[str, Any]:
    """The token endpoint's answer to a code (RFC 6749, 4.1.3; RFC 7636). Raises Unavailable, OAuthRefusedError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": settings.client_id,
        "code_verifier": verifier,
    }
    secret, accept = settings.read_secret(), {"Accept": "application/json"}
    if settings.kind == "github":  # documents no other way
        return await answer_of(await http.post(endpoint, data={**form, "client_secret": secret}, headers=accept))
    # RFC 6749, 2.3.1: both are form-encoded before they are put together.
    credentials = httpx2.BasicAuth(quote(settings.client_id, safe=""), quote(secret, safe=""))
    return await answer_of(await http.post(endpoint, data=form, auth=credentials, headers=accept))
