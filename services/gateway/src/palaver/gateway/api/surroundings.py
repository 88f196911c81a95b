"""What REST endpoints are given: the rest of the gateway, and who asks."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.gateway.auth import Authenticator, KeySet
from palaver.gateway.conversation import Conversation
from palaver.gateway.limits import Rate, RateLimits
from palaver.gateway.origins import Origins
from palaver.gateway.people import Person
from palaver.gateway.recipients import Recipient
from palaver.servicekit.broker import Broker

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
Id = Annotated[str, Path(pattern=UUID, examples=["019a0000-0000-7000-8000-000000000000"])]
MAX_DEVICE_CHARACTERS = 200

access_token = HTTPBearer(
    auto_error=False,
    scheme_name="AccessToken",
    bearerFormat="JWT",
    description="The access token that signing in gives.",
)


@dataclass(frozen=True, slots=True)
class Rates:
    """How often REST may be used."""

    requests: Rate
    sign_ins: Rate
    refreshes: Rate
    registrations: Rate
    proofs: Rate
    mails: Rate
    shared: Rate
    connects: Rate


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The parts of the gateway that endpoints use."""

    broker: Broker
    authenticator: Authenticator
    keys: KeySet
    identity: Recipient
    keyvault: Recipient
    conversation: Conversation
    rate_limits: RateLimits
    rates: Rates
    origins: Origins
    secure_cookies: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person and where they call from."""

    person: Person
    address: str | None
    device: str | None = None

    @property
    def actor(self) -> Actor:
        """On whose behalf other services are asked."""
        return self.person.actor(self.address, self.device)


def surroundings(request: Request) -> Surroundings:
    """Set by `application.create`."""
    return cast("Surroundings", request.app.state.surroundings)


Around = Annotated[Surroundings, Depends(surroundings)]


def address_of(request: Request) -> str | None:
    """The client's address; behind a trusted proxy, the one that it names."""
    return request.client.host if request.client else None


def device_of(request: Request) -> str | None:
    """What the client calls itself."""
    return request.headers.get("user-agent", "")[:MAX_DEVICE_CHARACTERS] or None


async def caller(
    request: Request,
    around: Around,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(access_token)],
) -> Caller:
    """Raises Failure(UNAUTHENTICATED, TOKEN_EXPIRED or RATE_LIMITED)."""
    if credentials is None:
        raise Failure(ErrorCode.UNAUTHENTICATED, "This needs a sign-in.")
    person = await around.authenticator.by_token(credentials.credentials)
    await around.rate_limits.check(around.rates.requests, person.user_id)
    return Caller(person, address_of(request), device_of(request))


Authenticated = Annotated[Caller, Depends(caller)]
