"""The limits in force, for owners and administrators."""

from typing import cast

from fastapi import APIRouter, Request
from pydantic import BaseModel

from palaver.contracts import limits
from palaver.contracts.administration import PERSON_GET, OfPerson
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/admin/limits", tags=["admin"])

Number = int | float


class Limit(BaseModel):
    """`setting` is the gateway's setting that decides; without one, the number is the default that services start
    from, or fixed."""

    name: str
    value: Number
    setting: str | None = None


def named() -> tuple[Limit, ...]:
    """What `docs/limits.md` explains."""
    numbers = {name: value for name, value in vars(limits).items() if name.isupper()}
    return tuple(Limit(name=name, value=value) for name, value in numbers.items() if isinstance(value, int | float))


def set_here(settings: BaseModel, prefix: str = "") -> tuple[Limit, ...]:
    """The numbers among settings, parts of them included."""
    found: list[Limit] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            setting = f"PALAVER_GATEWAY_{prefix}{name}".upper()
            found.append(Limit(name=name.upper(), value=value, setting=setting))
    return tuple(found)


@router.get("")
async def read_limits(request: Request, who: Authenticated, around: Around) -> Envelope[list[Limit]]:
    """Every number that people or several processes rely on: as set for this gateway, and as named for all."""
    await around.broker.ask(PERSON_GET, OfPerson(actor=who.actor, user_id=who.person.user_id))  # identity says who may
    here = cast("tuple[Limit, ...]", request.app.state.limits)
    own = {limit.name for limit in here}
    return Envelope(data=[*here, *(limit for limit in named() if limit.name not in own)])
