"""Somebody with a browser who signs in elsewhere."""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from palaver.contracts.identity import SEAL_CONTEXT_ANSWER
from palaver.contracts.oauth import (
    OAUTH_BEGIN,
    OAUTH_FINISH,
    BeginOAuth,
    FinishOAuth,
    OAuthCallback,
    OAuthIntent,
    OAuthStart,
)
from palaver.identity.testing.world import Person, World
from palaver.servicekit.sealing import unseal


class Provider(Protocol):
    """Where they sign in."""

    def sign_in(self, authorization_url: str) -> dict[str, str]:
        """What their browser comes back with."""
        ...


P = TypeVar("P", bound=Provider)


@dataclass
class Elsewhere(Generic[P]):
    """Identity, a provider that it knows under a name, and a browser."""

    world: World
    provider: P
    name: str = "corp"

    async def begin(self, name: str | None = None, invitation: str | None = None) -> OAuthStart:
        """Where the browser is sent, and what it keeps."""
        edge = self.world.edge
        sealed = edge.sealed(OAuthIntent(invitation=invitation)) if invitation else None
        request = BeginOAuth(provider=name or self.name, reply_key=edge.reply_key, sealed=sealed)
        begun = await edge.broker.ask(OAUTH_BEGIN, request)
        return unseal(begun.sealed, OAuthStart, keys=edge.reply_keys, context=SEAL_CONTEXT_ANSWER)

    async def finish(self, start: OAuthStart, came_back: dict[str, str], **changes: Any) -> Person:
        """The browser is back; `changes` is what somebody made of that."""
        edge = self.world.edge
        values = {"provider": self.name, "binding": start.binding, **came_back, **changes}
        request = FinishOAuth(
            sealed=edge.sealed(OAuthCallback(**values)),
            reply_key=edge.reply_key,
            address="203.0.113.7",
            device="browser/1",
        )
        return edge.opened(await edge.broker.ask(OAUTH_FINISH, request))

    async def sign_in(self, invitation: str | None = None) -> Person:
        """There and back."""
        start = await self.begin(invitation=invitation)
        return await self.finish(start, self.provider.sign_in(start.url))
