"""Remembering answers by `Idempotency-Key`, so that a request that is sent again is answered and not done again.

Kept in Redis for a day. While Redis is away requests are served without: posts have their own key in session, and a
client that must know asks again later.
"""

import hashlib
from dataclasses import dataclass
from typing import cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from palaver.contracts.failures import ErrorCode, Failure

_log = structlog.get_logger()

PENDING_SECONDS = 60
"""A request whose gateway died in the middle blocks its key this long."""
MAX_KEY_CHARACTERS = 255


class StoredAnswer(msgspec.Struct):
    """`status` 0 means that the first request is still being served."""

    request: str
    status: int = 0
    body: bytes = b""
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right and duty to serve a request and then to `keep` or `release` its answer."""

    name: str
    request: str


class Answers:
    """The memory."""

    def __init__(self, redis: Redis, *, keep_seconds: int) -> None:
        self._redis = redis
        self._keep_seconds = keep_seconds

    async def claim(self, user_id: str, path: str, key: str, body: bytes) -> Claim | StoredAnswer | None:
        """A claim for the first of its kind, the answer for a repetition, None if nothing can be remembered now.

        Raises Failure(CONFLICT) when the key was used for another request, or its request is still being served.
        """
        if not 0 < len(key) <= MAX_KEY_CHARACTERS:
            raise Failure(ErrorCode.VALIDATION_FAILED, "The Idempotency-Key is empty or too long.")
        claim = Claim(f"idempotency:{_digest(user_id, path, key)}", _digest(user_id, path, body.hex()))
        try:
            pending = msgspec.json.encode(StoredAnswer(claim.request))
            if await self._redis.set(claim.name, pending, nx=True, ex=PENDING_SECONDS):
                return claim
            stored = cast("str | None", await self._redis.get(claim.name))
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("idempotency_unavailable", error=type(error).__name__)
            return None
        if stored is None:  # it ended between the two commands
            return None
        return _repeated(claim, msgspec.json.decode(stored, type=StoredAnswer))

    async def keep(self, claim: Claim, status: int, body: bytes, media_type: str | None) -> None:
        """Remember the answer."""
        answer = msgspec.json.encode(StoredAnswer(claim.request, status, body, media_type))
        try:
            await self._redis.set(claim.name, answer, ex=self._keep_seconds)
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("idempotency_unavailable", error=type(error).__name__)

    async def release(self, claim: Claim) -> None:
        """The request failed: it may be tried again."""
        try:
            await self._redis.delete(claim.name)
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("idempotency_unavailable", error=type(error).__name__)


def _repeated(claim: Claim, stored: StoredAnswer) -> StoredAnswer:
    if stored.request != claim.request:
        raise Failure(ErrorCode.CONFLICT, "This Idempotency-Key was used for another request.")
    if stored.status == 0:
        raise Failure(ErrorCode.CONFLICT, "The first request with this Idempotency-Key is still being served.")
    return stored


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
