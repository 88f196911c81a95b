"""Everything about this service that an operator may set."""

from decimal import Decimal

from pydantic import Field

from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, service_config


class Settings(ServiceSettings):
    """Settings of the analytics service."""

    model_config = service_config("analytics")

    database: DatabaseSettings
    daily_limit_usd: Decimal | None = Field(
        None, ge=0, description="What each user's models may cost in a day (UTC), in US dollars; empty means unlimited."
    )
    price_ttl_seconds: float = Field(60.0, ge=0, description="How long a model's prices are remembered.")
