"""`SharedBreakers` in Redis: one hash of all breakers, changed by comparing and setting, and a name for each try.

What a breaker becomes is computed here, by the same function as in memory; Redis only makes sure that nobody changed it
meanwhile.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Final, TypeVar, cast

import msgspec
from redis.exceptions import RedisError

from palaver.model_router.breaker import CLEAN, Breaker, BreakerPolicy, Observation, observe
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.redis import REDIS, Redis

BREAKERS = "palaver:model-router:breakers"
PROBE = "palaver:model-router:probe:"
PROBE_SECONDS = 60
"""A worker that dies while it tries keeps the others from trying no longer than this. A try that takes longer to its
first token may be joined by another one."""
MAX_ROUNDS = 10
"""Attempts to change what others change at the same time."""

_CHANGE: Final = """
local known = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if known ~= ARGV[2] then return known end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return false
"""
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Breaker).decode
T = TypeVar("T")


class RedisBreakers:
    """See `circuits.SharedBreakers`. `worker` signs the tries of this process."""

    def __init__(self, redis: Redis, policy: BreakerPolicy, worker: str) -> None:
        self._client = redis.client
        self._change = redis.client.register_script(_CHANGE)
        self._release = redis.client.register_script(_RELEASE)
        self._policy = policy
        self._worker = worker

    async def load(self) -> Mapping[str, Breaker]:
        """See `SharedBreakers`."""
        known = cast("dict[str, str]", await _spoken(self._client.hgetall(BREAKERS)))
        return {circuit: breaker for circuit, raw in known.items() if (breaker := _read(raw)) is not None}

    async def observe(self, circuit: str, seen: Sequence[Observation]) -> Breaker:
        """See `SharedBreakers`."""
        raw = cast("str | None", await _spoken(self._client.hget(BREAKERS, circuit))) or ""
        for _ in range(MAX_ROUNDS):
            breaker = (_read(raw) if raw else None) or CLEAN
            for one in seen:
                breaker = observe(breaker, one, self._policy)
            well = bool(seen) and breaker.forgettable(seen[-1].at, self._policy)
            changed = "" if well else _encode(breaker).decode()
            other = cast("str | None", await _spoken(self._change(keys=[BREAKERS], args=[circuit, raw, changed])))
            if other is None:
                return breaker
            raw = other
        raise Unavailable(REDIS, "others are always faster")

    async def claim_probe(self, circuit: str) -> bool:
        """See `SharedBreakers`."""
        return bool(await _spoken(self._client.set(PROBE + circuit, self._worker, nx=True, ex=PROBE_SECONDS)))

    async def release_probe(self, circuit: str) -> None:
        """See `SharedBreakers`."""
        await _spoken(self._release(keys=[PROBE + circuit], args=[self._worker]))


def _read(raw: str) -> Breaker | None:
    """None for what an earlier or later release wrote in another shape."""
    try:
        return _decode(raw)
    except msgspec.DecodeError:
        return None


async def _spoken(reply: Awaitable[T] | T) -> T:
    """The reply. Raises Unavailable."""
    try:
        return await cast("Awaitable[T]", reply)
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(REDIS, type(error).__name__) from error
