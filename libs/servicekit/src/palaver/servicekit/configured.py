"""The numbers of a service's settings, for administrators who ask what is in force."""

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel

from palaver.contracts.operations import ConfiguredLimit, ConfiguredLimits, ReadLimits
from palaver.contracts.subjects import Query
from palaver.servicekit.routes import Route, answer
from palaver.servicekit.settings import SHARED_PREFIX, ServiceSettings


def configured(settings: ServiceSettings, service: str) -> tuple[ConfiguredLimit, ...]:
    """What the service declares itself, its parts included. How it reaches its servers is no limit."""
    prefix = f"{SHARED_PREFIX}{service.replace('-', '_').upper()}_"
    return tuple(_numbers(settings, prefix, known=set(ServiceSettings.model_fields)))


def limits_route(query: Query[ReadLimits, ConfiguredLimits], settings: ServiceSettings, service: str) -> Route:
    """Answers with them."""
    found = ConfiguredLimits(limits=configured(settings, service))

    async def tell(_: ReadLimits) -> ConfiguredLimits:
        return found

    return answer(query, tell)


def _numbers(part: BaseModel, prefix: str, *, known: set[str]) -> Iterator[ConfiguredLimit]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in known or isinstance(value, bool):
            continue
        if isinstance(value, int | float | Decimal):
            number = float(value) if isinstance(value, Decimal) else value
            yield ConfiguredLimit(name=name.upper(), value=number, setting=f"{prefix}{name.upper()}")
        elif isinstance(value, BaseModel) and not type(value).__module__.startswith("palaver.servicekit."):
            yield from _numbers(value, f"{prefix}{name.upper()}__", known=set())
