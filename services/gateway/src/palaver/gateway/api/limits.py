"""The limits in force, for owners and administrators: each service says its own."""

import asyncio
from collections.abc import Iterable
from typing import cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from palaver.contracts import analytics, context, gateway, identity, keyvault, limits, model_router, session
from palaver.contracts.administration import PERSON_GET, OfPerson
from palaver.contracts.failures import Failure
from palaver.contracts.operations import ConfiguredLimit, ReadLimits
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated, Surroundings
from palaver.servicekit.errors import Unavailable

router = APIRouter(prefix="/admin/limits", tags=["admin"])

ASKED = {
    session.OWNER: session.LIMITS_GET,
    context.OWNER: context.LIMITS_GET,
    model_router.OWNER: model_router.LIMITS_GET,
    keyvault.OWNER: keyvault.LIMITS_GET,
    analytics.OWNER: analytics.LIMITS_GET,
    identity.OWNER: identity.LIMITS_GET,
}


class Limit(BaseModel):
    """`setting` is the variable that decides, in the environment of `service`, and `value` what is in force there.
    Without them it is a default that services start from, or fixed."""

    name: str
    value: int | float
    setting: str | None = None
    service: str | None = None


class LimitsMeta(BaseModel):
    """Services that did not answer; their numbers are missing."""

    unanswered: list[str] = Field(default_factory=list[str])


class Limits(Envelope[list[Limit]]):
    """All of them."""

    meta: LimitsMeta


@router.get("")
async def read_limits(request: Request, who: Authenticated, around: Around) -> Limits:
    """Every number that people or several processes rely on, as each service was started with it."""
    await around.broker.ask(PERSON_GET, OfPerson(actor=who.actor, user_id=who.person.user_id))  # identity says who may
    here = cast("tuple[ConfiguredLimit, ...]", request.app.state.limits)
    told = dict(zip(ASKED, await asyncio.gather(*(_asked(around, service) for service in ASKED)), strict=True))
    found = [*_of(gateway.OWNER, here)]
    for service, answer in told.items():
        found += _of(service, answer or ())
    unanswered = [service for service, answer in told.items() if answer is None]
    set_somewhere = {limit.name for limit in found}
    return Limits(
        data=[*found, *(limit for limit in _named() if limit.name not in set_somewhere)],
        meta=LimitsMeta(unanswered=unanswered),
    )


async def _asked(around: Surroundings, service: str) -> tuple[ConfiguredLimit, ...] | None:
    """None if it does not answer: an administrator looks here when something is down, too."""
    try:
        return (await around.broker.ask(ASKED[service], ReadLimits())).limits
    except (Failure, Unavailable):
        return None


def _of(service: str, configured: Iterable[ConfiguredLimit]) -> list[Limit]:
    return [Limit(name=one.name, value=one.value, setting=one.setting, service=service) for one in configured]


def _named() -> tuple[Limit, ...]:
    """What `docs/limits.md` explains."""
    numbers = {name: value for name, value in vars(limits).items() if name.isupper()}
    return tuple(Limit(name=name, value=value) for name, value in numbers.items() if isinstance(value, int | float))
