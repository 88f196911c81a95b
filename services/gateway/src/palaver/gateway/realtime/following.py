"""Following one session over HTTP: the same connection as a WebSocket's, on another wire and for one session only."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from palaver.contracts.ids import new_id
from palaver.gateway.language import Language
from palaver.gateway.people import Person
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.cursor import Cursor
from palaver.gateway.realtime.hub import Hub
from palaver.gateway.realtime.ports import Wire
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.settings import RealtimeSettings


class Following:
    """Lets connections in, and out again."""

    def __init__(self, hub: Hub, relay: Relay, settings: RealtimeSettings, traffic: Traffic) -> None:
        self.settings = settings
        self._hub = hub
        self._relay = relay
        self._traffic = traffic

    @asynccontextmanager
    async def following(
        self,
        person: Person,
        wire: Wire,
        session_id: str,
        cursor: Cursor | None,
        *,
        language: Language,
        address: str | None,
    ) -> AsyncGenerator[Connection]:
        """Inside, the session is relayed to `wire`. Raises Failure."""
        connection = Connection(
            new_id(),
            person,
            wire,
            settings=self.settings,
            traffic=self._traffic,
            on_drained=self._relay.refresh,
            language=language,
            address=address,
            bound=True,
        )
        try:
            await self._hub.enter(connection)
            await self._relay.follow(connection, session_id, cursor)
            self._hub.tell_outages(connection)
            yield connection
        finally:
            await self._hub.leave(connection)
