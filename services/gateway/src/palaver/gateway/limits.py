"""How often somebody may do something: counted in Redis over all replicas, and locally while Redis is away.

One algorithm in both places: GCRA (generic cell rate algorithm, a leaky bucket that stores one moment per key), so a
burst up to the whole limit is allowed and it refills evenly.
"""

import time
from dataclasses import dataclass
from typing import Final, cast

import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from palaver.contracts.failures import ErrorCode, Failure

_log = structlog.get_logger()

MAX_LOCAL_KEYS = 50_000
"""Beyond, local counting forgets those that are full again, and in a flood of new keys everything."""
REDIS_PAUSE_SECONDS = 1.0
"""After a failure Redis is left alone this long, so that each request does not wait for its time-out."""

_GCRA: Final = """
local interval, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
local wait = due - interval * limit - now
if wait > 0.000001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', due), 'PX', math.ceil((due - now) * 1000) + 1)
return '0'
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` a minute, under a name of its own."""

    name: str
    limit: int

    @property
    def interval_seconds(self) -> float:
        """Between two that come evenly."""
        return 60.0 / self.limit


class LocalRates:
    """GCRA in this process."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def wait_seconds(self, rate: Rate, key: str, now: float) -> float:
        """0 if allowed (and then counted), else how long to wait."""
        if len(self._due) > MAX_LOCAL_KEYS:
            self._due = {name: due for name, due in self._due.items() if due > now}
            if len(self._due) > MAX_LOCAL_KEYS:
                self._due.clear()
        name = f"{rate.name}:{key}"
        due = max(self._due.get(name, 0.0), now) + rate.interval_seconds
        wait = due - rate.interval_seconds * rate.limit - now
        if wait > 1e-6:  # noqa: PLR2004 - floating-point noise
            return wait
        self._due[name] = due
        return 0.0


class RateLimits:
    """Refuses what comes too often; `refused` counts that by the rate's name."""

    def __init__(self, redis: Redis, refused: Counter) -> None:
        self._refused = refused
        self._script = redis.register_script(_GCRA)
        self._local = LocalRates()
        self._redis_after = 0.0

    async def check(self, rate: Rate, key: str) -> None:
        """Count one. Raises Failure(RATE_LIMITED) with `retry_after_seconds`."""
        wait = await self._wait_seconds(rate, key)
        if wait > 0:
            self._refused.labels(rate.name).inc()
            raise Failure(
                ErrorCode.RATE_LIMITED,
                "That was too often; wait a moment.",
                limit_per_minute=rate.limit,
                retry_after_seconds=round(wait, 3),
            )

    async def _wait_seconds(self, rate: Rate, key: str) -> float:
        now = time.monotonic()
        if now >= self._redis_after:
            try:
                reply = await self._script(keys=[f"rate:{rate.name}:{key}"], args=[rate.interval_seconds, rate.limit])
                return float(cast("bytes | str", reply))
            except (RedisError, OSError, TimeoutError) as error:
                self._redis_after = now + REDIS_PAUSE_SECONDS
                _log.warning("rate_limits_local", error=type(error).__name__)
        return self._local.wait_seconds(rate, key, now)
