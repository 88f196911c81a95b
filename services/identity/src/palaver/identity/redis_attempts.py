"""Sign-ins elsewhere that are under way, in Redis. Its clients see digests, nothing that could be used."""

import json
from typing import Any

from redis.exceptions import RedisError

from palaver.contracts.oauth import STATE_SECONDS
from palaver.identity.ports import KnownAttempt
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.redis import REDIS, Redis

PREFIX = "palaver:identity:oauth:"


class RedisAttempts:
    """See `ports.AttemptStore`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, state: bytes, attempt: KnownAttempt) -> None:
        """See `ports.AttemptStore`."""
        invitation = None if attempt.invitation is None else attempt.invitation.hex()
        known = {"provider": attempt.provider, "binding": attempt.binding.hex(), "invitation": invitation}
        try:
            await self._redis.client.set(PREFIX + state.hex(), json.dumps(known), ex=STATE_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error

    async def take(self, state: bytes) -> KnownAttempt | None:
        """See `ports.AttemptStore`."""
        try:
            value: Any = await self._redis.client.getdel(PREFIX + state.hex())
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error
        if value is None:
            return None
        known = json.loads(value)
        invitation = known.get("invitation")
        return KnownAttempt(
            known["provider"], bytes.fromhex(known["binding"]), bytes.fromhex(invitation) if invitation else None
        )
