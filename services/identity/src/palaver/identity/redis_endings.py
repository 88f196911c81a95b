"""Ended sign-ins in Redis, where gateways look them up. Losing it costs at most the rest of an access token's life."""

from collections.abc import Sequence
from datetime import datetime

from redis.exceptions import RedisError

from palaver.contracts.sign_ins import SignInEnded, ended_sign_in_key
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.redis import REDIS, Redis


class RedisEndings:
    """See `ports.EndedSignIns`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, ended: Sequence[SignInEnded], now: datetime) -> None:
        """See `ports.EndedSignIns`."""
        pipeline = self._redis.client.pipeline(transaction=False)
        for one in ended:
            seconds = int((one.until - now).total_seconds())
            if seconds > 0:
                pipeline.set(ended_sign_in_key(one.sid), "1", ex=seconds)
        try:
            await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error
