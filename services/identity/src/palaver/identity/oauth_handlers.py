"""The inbound edge for signing in with an account elsewhere. Decides nothing."""

from palaver.contracts.identity import SignedIn
from palaver.contracts.oauth import (
    BeginOAuth,
    FinishOAuth,
    ListOAuthProviders,
    OAuthBegun,
    OAuthCallback,
    OAuthIntent,
    OAuthProviders,
)
from palaver.identity.boxes import Boxes, reply_to
from palaver.identity.domain import Origin
from palaver.identity.oauth_signing_in import OAuthSigningIn


class OAuthHandlers:
    """One method per subject."""

    def __init__(self, boxes: Boxes, signing_in: OAuthSigningIn) -> None:
        self._boxes = boxes
        self._signing_in = signing_in

    async def oauth_providers(self, request: ListOAuthProviders) -> OAuthProviders:  # noqa: ARG002 - without content
        """Answer `oauth.providers`."""
        return OAuthProviders(providers=self._signing_in.providers)

    async def oauth_begin(self, request: BeginOAuth) -> OAuthBegun:
        """Answer `oauth.begin`."""
        reply = reply_to(request.reply_key)
        intent = OAuthIntent() if request.sealed is None else self._boxes.open(request.sealed, OAuthIntent)
        return OAuthBegun(sealed=reply.seal(await self._signing_in.begin(request.provider, intent.invitation)))

    async def oauth_finish(self, request: FinishOAuth) -> SignedIn:
        """Answer `oauth.finish`."""
        reply = reply_to(request.reply_key)
        came_back = self._boxes.open(request.sealed, OAuthCallback)
        person = await self._signing_in.finish(came_back, Origin(request.address, request.device))
        return SignedIn(user=person.user.view(), sealed=reply.seal(person.tokens))
