"""How many connections each person has, and all have, over all gateways: counted in Redis under leases.

Each gateway writes its own numbers, absolute ones, into a hash of its own, and reads those of the others. A hash that
is not renewed ends with its lease, and with it the connections of a gateway that was killed. One task makes one call at
a time; who connects or leaves meanwhile shares the next call, and no frame comes near it. While Redis is away each
gateway counts its own, and what it has goes to Redis when that is back.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId
from palaver.gateway.settings import RealtimeSettings

BATCH = 200
"""People in one call: it must not hold up Redis."""
REDIS_PAUSE_SECONDS = 1.0
"""After a failure Redis is left alone this long, so that nobody waits for its time-out at the door."""
RENEWALS_PER_LEASE = 3

_log = structlog.get_logger()

_GATEWAYS: Final = "{connections}"  # braces: in a cluster all of these keys live in one place
_AWAY: Final = (RedisError, OSError, TimeoutError)

_COUNT: Final = """
local instance, lease, anew = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local per_person, in_all, own_total = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + lease, instance)
redis.call('PEXPIRE', KEYS[1], lease)
local before = redis.call('HGET', KEYS[2], '*') or ''
if anew then redis.call('DEL', KEYS[2]) end
local others, elsewhere = {}, 0
for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if other ~= instance then
        local key = KEYS[1] .. ':' .. other
        others[#others + 1] = key
        elsewhere = elsewhere + tonumber(redis.call('HGET', key, '*') or '0')
    end
end
local reply, free, total = {before, elsewhere, #others + 1}, in_all - elsewhere - own_total, own_total
for i = 7, #ARGV, 3 do
    local person, own, wanted = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local allowed, got = 0, 0
    if wanted > 0 then
        local theirs = own
        for _, key in ipairs(others) do theirs = theirs + tonumber(redis.call('HGET', key, person) or '0') end
        allowed = math.max(0, math.min(wanted, per_person - theirs))
        got = math.max(0, math.min(allowed, free))
        free, total = free - got, total + got
    end
    if own + got > 0 then redis.call('HSET', KEYS[2], person, own + got) else redis.call('HDEL', KEYS[2], person) end
    reply[#reply + 1] = got
    reply[#reply + 1] = allowed
end
redis.call('HSET', KEYS[2], '*', total)
redis.call('PEXPIRE', KEYS[2], lease)
return reply
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One person in a call: how many connections they have here, and who waits at the door."""

    user_id: UserId
    own: int
    waiting: tuple[asyncio.Future[None], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All gateways together, as of the last call."""

    connections: int
    gateways: int


class Census:
    """Lets connections in as far as both limits allow. A `Resource`; give `run` to the service as a task."""

    def __init__(self, redis: Redis, instance: str, settings: RealtimeSettings) -> None:
        self._redis = redis
        self._script = redis.register_script(_COUNT)
        self._instance = instance
        self._key = f"{_GATEWAYS}:{instance}"
        self._per_person = settings.max_connections_per_user
        self._in_all = settings.max_connections_in_all
        self._lease_seconds = settings.connection_lease_seconds
        self._own: dict[UserId, int] = {}
        self._total = 0
        self._waiting: dict[UserId, list[asyncio.Future[None]]] = {}
        self._changed: set[UserId] = set()
        self._written: int | None = None
        """Our total as Redis has it; None: it must be told everything."""
        self._others: tuple[int, int] | None = None
        self._redis_after = 0.0
        self._wake = asyncio.Event()

    @property
    def overview(self) -> Overview | None:
        """None while Redis is away."""
        if self._others is None:
            return None
        elsewhere, gateways = self._others
        return Overview(connections=elsewhere + self._total, gateways=gateways)

    async def enter(self, user_id: UserId) -> None:
        """Count one connection more; `leave` gives it back. Raises Failure(TOO_MANY_CONNECTIONS)."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user_id, []).append(place)
        self._wake.set()
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled() and place.exception() is None:
                self.leave(user_id)  # it was granted to somebody who is just gone
            raise

    def leave(self, user_id: UserId) -> None:
        """One connection less."""
        self._add(user_id, -1)
        self._changed.add(user_id)
        self._wake.set()

    async def start(self) -> None:
        """A `Resource`; `run` does it."""

    async def stop(self) -> None:
        """Nobody is connected here any more."""
        with contextlib.suppress(*_AWAY):
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.delete(self._key)
                pipeline.zrem(_GATEWAYS, self._instance)
                await pipeline.execute()

    async def run(self) -> None:
        """For ever: who waits is let in, what changed is written, the lease is renewed."""
        while True:
            pause = REDIS_PAUSE_SECONDS if self._others is None else self._lease_seconds / RENEWALS_PER_LEASE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()
            asked = list(self._asked())
            if not await self._ask_redis(asked):
                self._decide_here(asked)
            if self._waiting or (self._changed and self._others is not None):
                self._wake.set()

    def _asked(self) -> Iterator[_Asked]:
        known = (user_id for user_id in self._changed if user_id not in self._waiting)
        for user_id in list(islice(chain(self._waiting, known), BATCH)):
            self._changed.discard(user_id)
            waiting = tuple(place for place in self._waiting.pop(user_id, ()) if not place.done())
            yield _Asked(user_id, self._own.get(user_id, 0), waiting)

    async def _ask_redis(self, asked: list[_Asked]) -> bool:
        """Whether it answered."""
        now = time.monotonic()
        if now >= self._redis_after:
            anew, own_total = self._written is None, self._total
            facts: list[Any] = [self._instance, round(self._lease_seconds * 1_000), int(anew)]
            facts += [self._per_person, self._in_all, own_total]
            for person in asked:
                facts += [person.user_id, person.own, len(person.waiting)]
            try:
                reply: Any = await self._script(keys=[_GATEWAYS, self._key], args=facts)
            except _AWAY as error:
                self._redis_after = now + REDIS_PAUSE_SECONDS
                _log.warning("connections_counted_locally", error=type(error).__name__)
            else:
                self._heed(asked, own_total, reply)
                return True
        self._others = None
        self._tell_everything()
        return False

    def _heed(self, asked: list[_Asked], own_total: int, reply: list[Any]) -> None:
        before, elsewhere, gateways, *verdicts = reply
        intact = self._written is None or before == str(self._written)
        self._others = (int(elsewhere), int(gateways))
        self._written = own_total
        for person, got, allowed in zip(asked, verdicts[::2], verdicts[1::2], strict=True):
            self._written += int(got)
            self._settle(person, int(got), int(allowed))
        if not intact:  # Redis lost our hash, or our lease ended while we stood still
            self._tell_everything()

    def _decide_here(self, asked: list[_Asked]) -> None:
        for person in asked:
            have = self._own.get(person.user_id, 0)
            allowed = max(0, min(len(person.waiting), self._per_person - have))
            self._settle(person, max(0, min(allowed, self._in_all - self._total)), allowed)

    def _settle(self, person: _Asked, got: int, allowed: int) -> None:
        still_waiting = [place for place in person.waiting if not place.done()]
        for number, place in enumerate(still_waiting):
            if number < got:
                self._add(person.user_id, +1)
                place.set_result(None)
            else:
                place.set_exception(self._too_many_in_all() if number < allowed else self._too_many_of_one())
        if got > len(still_waiting):
            self._changed.add(person.user_id)  # Redis counts somebody who has gone meanwhile

    def _tell_everything(self) -> None:
        self._written = None
        self._changed.update(self._own)

    def _add(self, user_id: UserId, change: int) -> None:
        self._total += change
        self._own[user_id] = self._own.get(user_id, 0) + change
        if not self._own[user_id]:
            del self._own[user_id]

    def _too_many_of_one(self) -> Failure:
        return Failure(
            ErrorCode.TOO_MANY_CONNECTIONS,
            f"You have {self._per_person} connections open, as many as one person may have; close one first.",
            max_connections_per_user=self._per_person,
        )

    def _too_many_in_all(self) -> Failure:
        return Failure(
            ErrorCode.TOO_MANY_CONNECTIONS,
            "Too many people are connected at the moment; try again later.",
            max_connections_in_all=self._in_all,
        )
