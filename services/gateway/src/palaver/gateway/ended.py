"""Which sign-ins are over: their access tokens would still verify, and are refused.

What identity broadcasts is known here at once; Redis knows it for gateways that did not hear it. Without Redis only
the broadcast is left, until the tokens expire.
"""

import time
from collections.abc import Collection
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SignInId
from palaver.contracts.sign_ins import ended_sign_in_key

MAX_KNOWN = 100_000
"""Beyond, the oldest are forgotten here; Redis still knows them."""
REDIS_PAUSE_SECONDS = 1.0
"""After a failure Redis is left alone this long, so that each request does not wait for its time-out."""
CHUNK = 1_000
"""Sign-ins that are looked up at once."""

_log = structlog.get_logger()


class EndedSignIns:
    """Sign-ins are named by `sid`, the claim of their access tokens."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._known: dict[SignInId, float] = {}
        self._redis_after = 0.0

    def note(self, sid: SignInId, until: float) -> None:
        """It is over; none of its tokens is valid after `until` (seconds since the epoch)."""
        if len(self._known) >= MAX_KNOWN:
            now = time.time()
            self._known = {known: end for known, end in self._known.items() if end > now}
            while len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
        self._known[sid] = until

    def refuse_known(self, sid: SignInId) -> None:
        """Raises Failure(SIGN_IN_ENDED) if its end was heard here."""
        if sid in self._known:
            raise sign_in_ended()

    async def refuse(self, sid: SignInId) -> None:
        """Raises Failure(SIGN_IN_ENDED) if it is over."""
        self.refuse_known(sid)
        if await self.among([sid]):
            raise sign_in_ended()
        self.refuse_known(sid)  # heard meanwhile

    async def among(self, sids: Collection[SignInId]) -> set[SignInId]:
        """Those that are over as far as Redis knows; none while Redis is away."""
        if time.monotonic() < self._redis_after:
            return set()
        found: set[SignInId] = set()
        wanted = list(sids)
        try:
            for start in range(0, len(wanted), CHUNK):
                chunk = wanted[start : start + CHUNK]
                marks: list[Any] = await self._redis.mget([ended_sign_in_key(sid) for sid in chunk])
                found.update(sid for sid, mark in zip(chunk, marks, strict=True) if mark is not None)
        except (RedisError, OSError, TimeoutError) as error:
            self._redis_after = time.monotonic() + REDIS_PAUSE_SECONDS
            _log.warning("ended_sign_ins_unknown", error=type(error).__name__)
        return found


def sign_in_ended() -> Failure:
    """To whoever still uses it."""
    return Failure(ErrorCode.SIGN_IN_ENDED, "This sign-in was ended; sign in again.")
