"""All connections of this process: who is connected, what concerns a person or everybody, and what time does."""

import asyncio
import time
from typing import Literal

import msgspec

from palaver.contracts.client_protocol import CloseCode, Error
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.gateway import notified_at
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.operations import Dependency
from palaver.gateway.ended import EndedSignIns, sign_in_ended
from palaver.gateway.language import DEFAULT, localised
from palaver.gateway.outages import Outages
from palaver.gateway.realtime.census import Census, Overview
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.frames import encode
from palaver.gateway.realtime.notices import dependency_notice, token_expiring
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.subscriptions import Subscriptions
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.broker import Broker

SWEEP_SECONDS = 1.0


class _Refusal(msgspec.Struct):
    """As much of a frame for one person as concerns the gateway."""

    type: str = ""
    session_id: str | None = None
    client_message_id: str | None = None


_read_refusal = msgspec.json.Decoder(_Refusal).decode


class _Presence:
    """One person's connections and how frames for them are heard."""

    __slots__ = ("connections", "hearing", "subscriptions")

    def __init__(self, subscriptions: Subscriptions) -> None:
        self.connections: set[Connection] = set()
        self.hearing = False
        self.subscriptions = subscriptions


class Hub:
    """The registry of authenticated connections."""

    def __init__(
        self, broker: Broker, relay: Relay, ended: EndedSignIns, census: Census, settings: RealtimeSettings
    ) -> None:
        self._broker = broker
        self._relay = relay
        self._ended = ended
        self._census = census
        self._settings = settings
        self._connections: set[Connection] = set()
        self._entering = 0
        self._people: dict[str, _Presence] = {}
        self.queued_bytes = 0
        """What waits for all sockets, as of the last sweep; `lagging` are those that get no deltas meanwhile."""
        self.lagging = 0
        self.outages = Outages(self._tell_everybody)

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def people(self) -> int:
        """How many different people are connected."""
        return len(self._people)

    @property
    def in_all(self) -> Overview | None:
        """The connections of all gateways; None while Redis is away."""
        return self._census.overview

    async def enter(self, connection: Connection) -> None:
        """Register an authenticated connection. Raises Failure(TOO_MANY_CONNECTIONS, SIGN_IN_ENDED)."""
        user_id = connection.person.user_id
        self._ended.refuse_known(connection.person.sid)
        if len(self._connections) + self._entering >= self._settings.max_connections:
            raise server_full(self._settings)
        self._entering += 1
        try:
            await self._census.enter(user_id)
        finally:
            self._entering -= 1
        self._connections.add(connection)
        presence = self._people.get(user_id)
        if presence is None:
            presence = self._people[user_id] = _Presence(Subscriptions(self._broker))
        presence.connections.add(connection)
        self._ended.refuse_known(connection.person.sid)  # its end may have come between its check and here
        if not presence.hearing:
            presence.hearing = True
            await self._hear(user_id, presence)

    async def leave(self, connection: Connection) -> None:
        """The socket is gone."""
        connection.mark_closed()
        self._relay.leave(connection)
        user_id = connection.person.user_id
        presence = self._people.get(user_id)
        if presence is None or connection not in self._connections:
            return  # it was never let in
        self._connections.discard(connection)
        self._census.leave(user_id)
        presence.connections.discard(connection)
        if not presence.connections:
            del self._people[user_id]
            await presence.subscriptions.close()

    def sign_ins(self) -> dict[SignInId, UserId]:
        """Every sign-in that is connected, and whose it is."""
        return {connection.person.sid: connection.person.user_id for connection in self._connections}

    def end_sign_in(self, user_id: UserId, sid: SignInId) -> None:
        """Close whatever that sign-in of that person holds open."""
        presence = self._people.get(user_id)
        for connection in list(presence.connections) if presence is not None else ():
            if connection.person.sid == sid:
                connection.refuse(localised(sign_in_ended().body, connection.language))
                connection.close(CloseCode.UNAUTHENTICATED, "signed out")

    def tell_outages(self, connection: Connection) -> None:
        """What a new connection must know."""
        for dependency in sorted(self.outages.down):
            connection.send(dependency_notice(dependency, connection.language, up=False))

    async def sweep(self) -> None:
        """For ever: tokens end, stalled sockets are given up, silent reporters are forgotten."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.outages.expire(time.monotonic())
            now = time.time()
            queued = lagging = 0
            for connection in list(self._connections):
                self._check_token(connection, now)
                connection.close_if_stalled()
                queued += connection.queue.size
                lagging += connection.queue.lagging
            self.queued_bytes, self.lagging = queued, lagging

    def _check_token(self, connection: Connection, now: float) -> None:
        left = connection.person.expires_at - now
        if left <= 0:
            failure = Failure(ErrorCode.TOKEN_EXPIRED, "Your sign-in has ended; sign in again.")
            connection.refuse(localised(failure.body, connection.language))
            connection.close(CloseCode.UNAUTHENTICATED, "token expired")
        elif left <= self._settings.token_notice_seconds and not connection.expiry_told:
            connection.expiry_told = True
            connection.send(token_expiring(connection.person.expires_at))

    def _tell_everybody(self, dependency: Dependency, state: Literal["down", "up"]) -> None:
        for connection in self._connections:
            connection.send(dependency_notice(dependency, connection.language, up=state == "up"))

    async def _hear(self, user_id: str, presence: _Presence) -> None:
        def on_frame(frame: bytes) -> None:
            refusal = _read_refusal(frame)
            if refusal.session_id and refusal.client_message_id:
                self._relay.settle_post(refusal.session_id, refusal.client_message_id)
            for connection in presence.connections:
                if connection.language == DEFAULT or refusal.type != "error":
                    connection.send(frame)
                else:
                    connection.send(_translated(frame, connection))

        await presence.subscriptions.add(notified_at(user_id), on_frame)


def server_full(settings: RealtimeSettings) -> Failure:
    """To whom this process has no room for; another gateway may."""
    return Failure(
        ErrorCode.TOO_MANY_CONNECTIONS,
        "This server has too many connections; try again later.",
        max_connections=settings.max_connections,
    )


def _translated(frame: bytes, connection: Connection) -> bytes:
    return encode(localised(Error.model_validate_json(frame), connection.language))
