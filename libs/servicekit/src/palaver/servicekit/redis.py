"""Redis or Valkey: rate limits, presence, breaker state. Losing it loses no truth; its users have a local fallback."""

from typing import Any

import structlog
from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from palaver.servicekit.errors import Unavailable
from palaver.servicekit.settings import RedisSettings

REDIS = "redis"
"""Its name as a dependency."""

_log = structlog.get_logger()


class Redis:
    """The connection pool of one service. A `Resource`; `client` is redis-py's, whose errors are `RedisError`."""

    def __init__(self, settings: RedisSettings) -> None:
        self.client: Client = Client.from_url(
            settings.url.get_secret_value(),
            socket_timeout=settings.timeout_seconds,
            socket_connect_timeout=settings.timeout_seconds,
            max_connections=settings.max_connections,
            decode_responses=True,
            # Once more at once, for a pooled connection that died unnoticed. redis-py's default pauses for seconds.
            retry=Retry(NoBackoff(), 1),
        )

    async def start(self) -> None:
        """Say whether it is there; a service starts without it."""
        try:
            await self.ping()
        except Unavailable as outage:
            _log.warning("redis_unreachable", reason=outage.reason)

    async def stop(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    async def ping(self) -> None:
        """One round trip. Raises Unavailable."""
        try:
            answer: Any = self.client.ping()
            await answer
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error
