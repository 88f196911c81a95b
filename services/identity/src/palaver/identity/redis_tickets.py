"""Tickets in Redis. Its clients see digests, never a ticket that could be used."""

import json
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError

from palaver.contracts.ids import SignInId, UserId
from palaver.identity.ports import Ticket
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.redis import REDIS, Redis

PREFIX = "palaver:identity:ticket:"


class RedisTickets:
    """See `ports.TicketStore`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, digest: bytes, ticket: Ticket, seconds: int) -> None:
        """See `ports.TicketStore`."""
        value = json.dumps({"user_id": ticket.user_id, "sid": ticket.sid, "expires_at": ticket.expires_at.isoformat()})
        try:
            await self._redis.client.set(PREFIX + digest.hex(), value, ex=seconds)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error

    async def take(self, digest: bytes) -> Ticket | None:
        """See `ports.TicketStore`."""
        try:
            value: Any = await self._redis.client.getdel(PREFIX + digest.hex())
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(REDIS, type(error).__name__) from error
        if value is None:
            return None
        known = json.loads(value)
        sid = known.get("sid")
        return Ticket(
            UserId(known["user_id"]),
            None if sid is None else SignInId(sid),
            datetime.fromisoformat(known["expires_at"]),
        )
