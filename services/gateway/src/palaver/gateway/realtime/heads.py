"""Comparing heads: core NATS loses silently, so the newest `seq` of each attached session is asked for now and then."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.limits import MAX_HEADS_PER_REQUEST
from palaver.contracts.session import HEADS_GET, ReadHeads
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.room import Room
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()

QUICK_TRIES = 10
QUICK_PAUSE_SECONDS = 0.5


class HeadChecks:
    """Busy sessions often, all of them seldom, and all at once when messages may have been lost."""

    def __init__(self, broker: Broker, relay: Relay, settings: RealtimeSettings) -> None:
        self._broker = broker
        self._relay = relay
        self._settings = settings
        self._owed = False

    async def run(self) -> None:
        """For ever."""
        all_due = time.monotonic() + self._settings.head_check_seconds
        while True:
            await asyncio.sleep(self._settings.busy_head_check_seconds)
            rooms = list(self._relay.rooms)
            for room in rooms:
                room.tidy()
            if self._owed:
                await self._settle()
                continue
            if time.monotonic() >= all_due:
                all_due = time.monotonic() + self._settings.head_check_seconds
            else:
                rooms = [room for room in rooms if room.is_busy or room.is_behind]
            await self._check(rooms)

    async def on_gap(self) -> None:
        """Core messages may have been lost: check every session, and give running texts anew.

        After a broker's restart session may come back later than the gateway, so it is tried a few times at once.
        """
        self._owed = True
        for _ in range(QUICK_TRIES):
            if not self._owed or await self._settle():
                return
            await asyncio.sleep(QUICK_PAUSE_SECONDS)

    async def _settle(self) -> bool:
        if not await self._check(list(self._relay.rooms)):
            return False
        self._owed = False
        self._relay.refresh_running()
        return True

    async def _check(self, rooms: Sequence[Room]) -> bool:
        """False if session could not be asked."""
        for start in range(0, len(rooms), MAX_HEADS_PER_REQUEST):
            chunk = rooms[start : start + MAX_HEADS_PER_REQUEST]
            request = ReadHeads(sessions=tuple(SessionId(room.session_id) for room in chunk))
            try:
                heads = (await self._broker.ask(HEADS_GET, request)).heads
            except (Failure, Unavailable) as error:
                _log.info("head_check_postponed", sessions=len(rooms) - start, error=str(error))
                return False
            for room in chunk:
                room.expect(heads.get(SessionId(room.session_id), 0))
        return True
