"""Signing in with an account elsewhere: an OpenID Connect issuer, or GitHub. Identity speaks to them, the gateway only
sends browsers there and takes them back."""

from typing import Annotated

from pydantic import Field, StringConstraints

from palaver.contracts.identity import MAX_INVITATION_CHARACTERS, SealedRequest, SignedIn
from palaver.contracts.sealed import Sealed
from palaver.contracts.subjects import Payload, query

OAuthName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
"""What names a provider in addresses, e.g. `github`."""

STATE_SECONDS = 600
"""So long somebody may take to sign in elsewhere."""


class OAuthProvider(Payload):
    """Where people may come from. `name` is shown to them."""

    id: OAuthName
    name: str


class ListOAuthProviders(Payload):
    """All of them."""


class OAuthProviders(Payload):
    """In the order of the settings."""

    providers: tuple[OAuthProvider, ...]


class OAuthIntent(Payload):
    """Inside `Sealed`: what somebody brings to a sign-in elsewhere. `invitation`: for who has no account yet."""

    invitation: str | None = Field(default=None, min_length=1, max_length=MAX_INVITATION_CHARACTERS, repr=False)


class OAuthStart(Payload):
    """Inside `Sealed`: where to send the browser, and the secret that it brings back in a cookie."""

    url: str = Field(repr=False)
    binding: str = Field(repr=False)


class BeginOAuth(Payload):
    """Somebody wants to sign in there."""

    provider: OAuthName
    reply_key: str
    sealed: Sealed[OAuthIntent] | None = None


class OAuthBegun(Payload):
    """The answer, sealed to `reply_key`."""

    sealed: Sealed[OAuthStart]


class OAuthCallback(Payload):
    """Inside `Sealed`: what the browser came back with. `iss`: see RFC 9207."""

    provider: OAuthName
    state: str = Field(max_length=200, repr=False)
    binding: str = Field(max_length=200, repr=False)
    code: str | None = Field(default=None, max_length=4_096, repr=False)
    error: str | None = Field(default=None, max_length=200)
    iss: str | None = Field(default=None, max_length=2_000)


class FinishOAuth(SealedRequest):
    """Sign in with what came back. Each `state` works once, in the browser that began."""

    sealed: Sealed[OAuthCallback]


OAUTH_PROVIDERS = query(
    "identity.oauth.providers.v1", ListOAuthProviders, OAuthProviders, "Where people may sign in from."
)
OAUTH_BEGIN = query("identity.oauth.begin.v1", BeginOAuth, OAuthBegun, "Begin a sign-in elsewhere.", timeout_seconds=15)
OAUTH_FINISH = query("identity.oauth.finish.v1", FinishOAuth, SignedIn, "End a sign-in elsewhere.", timeout_seconds=25)
QUERIES = (OAUTH_PROVIDERS, OAUTH_BEGIN, OAUTH_FINISH)
